"""Other systems and the keys they come with: what a program may do here, for how long, and whose it is."""
