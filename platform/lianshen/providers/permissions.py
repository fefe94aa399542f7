"""Rights of this module."""

MANAGE = "providers.manage"
"""Enter OpenID providers, and link accounts there with people here."""

ALL = (MANAGE,)
