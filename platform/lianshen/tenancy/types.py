from datetime import date

import msgspec


class Parent(msgspec.Struct, frozen=True):
    """One dated edge upwards; ``until`` is the first day it no longer holds."""

    tenant: str
    since: date
    until: date | None = None


class Tenant(msgspec.Struct, frozen=True):
    """One jurisdiction: ``code`` is its GB/T 2260 code, ``level`` one of county, city, province."""

    code: str
    name: str
    level: str


class Edge(msgspec.Struct, frozen=True):
    """A jurisdiction directly below, from ``since`` until before ``until``."""

    tenant: str
    name: str
    since: date
    until: date | None
