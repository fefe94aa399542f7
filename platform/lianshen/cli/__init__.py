"""The command line: an edge like the pages. It starts processes, prepares the database, and prints."""
