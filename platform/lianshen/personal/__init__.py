"""Personal information: which columns hold it and why, how it is masked, and how somebody sees it in full."""
