from datetime import date

import msgspec

PLATFORM = "0" * 6
"""The tenant of the platform's own operators; no jurisdiction, no level below or above it."""


class Parent(msgspec.Struct, frozen=True):
    """One dated edge upwards; ``until`` is the first day it no longer holds."""

    tenant: str
    since: date
    until: date | None = None


class Tenant(msgspec.Struct, frozen=True):
    """One jurisdiction: ``code`` is its GB/T 2260 code, ``level`` one of county, city, province, platform.

    ``state``: founding (being entered), active, suspended (nobody acts), closed (read-only), closing (being deleted).
    """

    code: str
    name: str
    level: str
    state: str = "active"


class Placed(msgspec.Struct, frozen=True):
    """A jurisdiction as of a day: its name then, and who stood directly above it, if anybody."""

    code: str
    name: str
    level: str
    state: str
    parent: str | None


class Succession(msgspec.Struct, frozen=True):
    """``successor`` took over ``tenant``, or a part of it, on ``since``."""

    tenant: str
    successor: str
    since: date


class Edge(msgspec.Struct, frozen=True):
    """A jurisdiction directly below, from ``since`` until before ``until``."""

    tenant: str
    name: str
    since: date
    until: date | None
