"""A jurisdiction's versions of its law: trying one on, moving running projects to it, and warning before one ends."""
