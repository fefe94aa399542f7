"""What follows from acts and could not be done: set aside with its reason, until a person sees to it."""
