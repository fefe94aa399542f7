MANAGE = "channels.manage"
"""Set up ways out, see what became of messages."""
WRITE = "channels.write"
"""Write what messages say."""

ALL = (MANAGE, WRITE)
