"""Papers: uploaded files with digest and versions; never overwritten."""
