"""By what this process decides: the base policy, and the tenants' own roles as they were last read.

What is read is kept under the tenant and its stamp, and never changed: a request decides by the state in which it
began, a newer one is put beside it in one assignment, and nobody ever sees half of either (D34). Whatever is missing
or fails grants nothing (D35): a tenant's own roles only ever add, so without them the base roles still decide rightly.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from lianshen.access._policy import Policy, compile_own
from lianshen.access.types import Role
from lianshen.identity.types import Actor
from lianshen.kernel import log

_MOST_TENANTS = 1024
_MOST_SETS = 32_768
_NOTHING: frozenset[str] = frozenset()


class Own(msgspec.Struct, frozen=True):
    """A tenant's own roles by code, and what each may do while in force."""

    roles: Mapping[str, Role]
    grants: Mapping[str, frozenset[str]]


NONE = Own({}, {})
_Stamp = tuple[str, int]
_policy: list[Policy] = []
_own: dict[_Stamp, Own] = {}
_sets: dict[tuple[str, int, date, tuple[str, ...]], frozenset[str]] = {}
"""What a set of roles may do, by tenant, stamp and day."""


def use(policy: Policy) -> None:
    """Make ``policy`` the base one of this process."""
    _policy[:] = [policy]
    _own.clear()
    _sets.clear()


def policy() -> Policy:
    """The base policy of this process."""
    return _policy[0]


def holds(tenant: str, stamp: int) -> bool:
    """Whether this process knows the tenant's own roles as of ``stamp``; 0 says that it has none."""
    return stamp == 0 or (tenant, stamp) in _own


def keep(tenant: str, stamp: int, roles: tuple[Role, ...]) -> None:
    """Compile the tenant's roles and decide by them from now on, in requests that began with ``stamp``."""
    made = Own({role.code: role for role in roles}, compile_own(policy(), roles))
    if len(_own) >= _MOST_TENANTS:
        _own.pop(next(iter(_own)))
    _own[tenant, stamp] = made


def granted(actor: Actor) -> frozenset[str]:
    """Everything that the actor's post may do today; nothing when that cannot be told."""
    try:
        key = (actor.tenant, actor.rights, actor.on, actor.roles)
        found = _sets.get(key)
        if found is None:
            found = _decide(*key)
        return found if actor.only is None else _narrowed(found, actor.only)
    except Exception:  # noqa: BLE001 (whatever it is, it must not grant)
        log.get("access").exception("rights_undecided", tenant=actor.tenant)
        return _NOTHING


def _narrowed(granted: frozenset[str], only: frozenset[str]) -> frozenset[str]:
    """What another system's key leaves of it; with a scope goes the permission itself."""
    return granted & (only | {name.partition("/")[0] for name in only})


def _decide(tenant: str, stamp: int, on: date, roles: tuple[str, ...]) -> frozenset[str]:
    if not (len(tenant) == 6 and tenant.isascii() and tenant.isdigit()):
        raise ValueError("not a tenant")
    known = stamp == 0 or (tenant, stamp) in _own
    own = _own.get((tenant, stamp), NONE)
    sets = [
        own.grants[code] if code in own.grants and own.roles[code].in_force(on) else policy().grants.get(code, _NOTHING)
        for code in roles
    ]
    made = sets[0] if len(sets) == 1 else _NOTHING.union(*sets)
    if not known:
        log.get("access").error("rights_not_loaded", tenant=tenant, stamp=stamp)
    else:
        if len(_sets) >= _MOST_SETS:
            _sets.clear()
        _sets[tenant, stamp, on, roles] = made
    return made
