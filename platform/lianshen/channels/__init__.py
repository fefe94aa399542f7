"""Ways in which messages leave: what a jurisdiction has set up, whom it reaches how, what became of each message."""
