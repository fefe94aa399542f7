"""Operation H: one decision of a right, a whole province on one process: each county its roles, everybody a post."""

import gc
import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from uuid import UUID

from msgspec.structs import replace

from lianshen import wiring
from lianshen.access import _state
from lianshen.access._policy import asked, enforcer
from lianshen.access.queries import compile_policy, may, use
from lianshen.access.types import Role
from lianshen.identity.types import Actor

_TENANTS, _ROLES, _PEOPLE = 300, 50, 60_000
_REQUESTS, _ASKED, _CHECKED = 50_000, 4, 300
_MOST_P99 = 2e-6
_MOST_TIMES = 6.0
"""How many times a bare look-up of a remembered answer a decision may cost at the median."""
_TODAY, _STAMP = date(2026, 3, 2), 7


def report(policies: Path, say: Callable[[str], None] = print) -> bool:
    """Measure, compare with Casbin's own enforcer, print, and tell whether the goals are met."""
    random = Random(103)
    policy = compile_policy(policies, wiring.PERMISSIONS)
    use(policy)
    bases, single = policy.composable
    tenants = [f"{100_000 + place}" for place in range(_TENANTS)]
    own = {tenant: tuple(_role(random, number, bases, single) for number in range(_ROLES)) for tenant in tenants}
    before = _memory()
    for tenant in tenants:
        _state.keep(tenant, _STAMP, own[tenant])
    began = time.perf_counter()
    for number in range(_ROLES):
        may(replace(_ANYBODY, tenant=tenants[0], roles=(f"own_{number}",)), "projects.read")
    cold = (time.perf_counter() - began) / _ROLES
    codes = [*policy.grants, *(f"own_{number}" for number in range(_ROLES))]
    people = [_person(random, place, random.choice(tenants), codes) for place in range(_PEOPLE)]
    for actor in people:
        may(actor, "projects.read")
    grown = _memory() - before
    names = sorted(policy.known)
    requests = [(random.choice(people), [random.choice(names) for _ in range(_ASKED)]) for _ in range(_REQUESTS)]
    nothing, bare, decided = _times(requests)
    p50, p99 = (_at(decided, share) - _at(nothing, 0.5) for share in (0.5, 0.99))
    limit = _at(bare, 0.5) - _at(nothing, 0.5)
    for actor, asks in random.sample(requests, _CHECKED):
        assert may(actor, asks[0]) == _casbin(actor, asks[0], own[actor.tenant]), (actor.roles, asks[0])
    times = p50 / limit
    met = p99 <= _MOST_P99 and times <= _MOST_TIMES
    say(
        f"H  decision of a right, {_TENANTS} tenants x {_ROLES} roles, {_PEOPLE:,} people: p50 {p50 * 1e9:.0f} ns,"
        f" p99 {p99 * 1e9:.0f} ns, {times:.1f} x a remembered answer ({limit * 1e9:.0f} ns),"
        f" goal {_MOST_P99 * 1e6:g} µs and {_MOST_TIMES:g} x: {'met' if met else 'MISSED'}"
    )
    say(f"   the first decision about a role {cold * 1e3:.1f} ms; what all of them are decided by {grown:.0f} MiB;")
    say(f"   {_CHECKED} decisions of them put to Casbin's enforcer, all equal")
    return met


def _role(random: Random, number: int, bases: tuple[str, ...], single: tuple[str, ...]) -> Role:
    return Role(
        code=f"own_{number}",
        label=str(number),
        includes=tuple(random.sample(bases, random.randint(1, 2))),
        permissions=tuple(random.sample(single, random.randint(0, 5))),
        since=_TODAY,
        until=None,
        ended_at=None,
        version=1,
    )


def _person(random: Random, place: int, tenant: str, codes: list[str]) -> Actor:
    roles = tuple(random.sample(codes, random.choice((1, 1, 1, 2))))
    return replace(_ANYBODY, tenant=tenant, person=UUID(int=place), roles=roles)


_ANYBODY = Actor(
    tenant="", person=UUID(int=0), name="", post=UUID(int=0), office=UUID(int=0), office_name="", body="", roles=(),
    form_key="", rights=_STAMP, on=_TODAY,
)  # fmt: skip


def _casbin(actor: Actor, name: str, own: tuple[Role, ...]) -> bool:
    policy = _state.policy()
    mine = [role for role in own if role.code in actor.roles]
    ask = enforcer(policy, mine)
    names = [one for one in policy.known if one.startswith(f"{name}/")] if name in policy.scoped else [name]
    return any(ask.enforce(f"r:{role}", *asked(one)) for role in actor.roles for one in names)


def _times(requests: list[tuple[Actor, list[str]]]) -> tuple[list[float], list[float], list[float]]:
    """Seconds of nothing, of a remembered answer and of a decision, each sorted.

    A request's actor is new, as one that was just read from the database is; what it is decided by is wherever the
    processor left it when that tenant was last asked about.
    """
    remembered = {(role, *asked(name)): True for _, names in requests for role in "abcdefgh" for name in names}
    gc.collect()
    gc.freeze()
    clock = time.perf_counter
    nothing, bare, decided = [], [], []
    for actor, names in requests:
        one = replace(actor, roles=(*actor.roles,))
        for name in names:
            began = clock()
            may(one, name)
            decided.append(clock() - began)
        where, action = asked(names[0])
        began = clock()
        remembered.get(("a", where, action))
        bare.append(clock() - began)
        began = clock()
        nothing.append(clock() - began)
    return sorted(nothing), sorted(bare), sorted(decided)


def _at(times: list[float], share: float) -> float:
    return times[int(len(times) * share)]


def _memory() -> float:
    """MiB at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
