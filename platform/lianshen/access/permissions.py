"""Rights over rights themselves."""

READ = "access.read"
"""See who may do what, and why."""
MANAGE = "access.manage"
"""Compose, change and end the tenant's own roles. Who gets a role is another matter."""

ALL = (READ, MANAGE)
