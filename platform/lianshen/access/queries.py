"""The one question: may this actor do this? And who may, and why."""

from collections.abc import Collection
from uuid import UUID

from lianshen.access import _state, _store, _told, permissions
from lianshen.access._policy import Policy, PolicyError, compile_policy, enforcer
from lianshen.access._state import use
from lianshen.access.strength import require_strength
from lianshen.access.types import Draft, Holder, Matrix, Option, Preview, Rights, Role
from lianshen.identity.queries import people_with
from lianshen.identity.types import Actor
from lianshen.kernel import log
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Forbidden, NotFound

written = _told.written


def may(actor: Actor, permission: str) -> bool:
    """True when the actor's post carries ``permission``; for another system, when also its key does."""
    return permission in _state.granted(actor)


def require(actor: Actor, permission: str) -> None:
    """Raise Forbidden unless the actor's post carries ``permission``. Every command opens with this.

    Raises StepUpRequired when the permission asks who it is once more (``policies/strength.csv``).
    """
    if not may(actor, permission):
        raise Forbidden
    require_strength(actor, permission)


def unchanged(before: Actor, now: Actor, permission: str) -> bool:
    """Whether what ``permission`` was decided by is as it was: the post's roles, and the tenant's own (D40).

    No role of a tenant's own carries what is reserved to administrators, so whoever changes roles is not asked anew.
    """
    same = (now.post, now.roles, now.only, now.stage) == (before.post, before.roles, before.only, before.stage)
    return same and (now.rights == before.rights or permission in _state.policy().reserved)


async def still_may(uow: UnitOfWork, person: UUID, permission: str) -> bool:
    """Whether ``person`` may today, in whatever post: asked by what is done later in somebody's name (D41)."""
    return person in await people_with(uow, await roles_with(uow, permission))


def scopes(actor: Actor, permission: str) -> frozenset[str]:
    """On which rows: the scopes in which the actor's post carries ``permission``."""
    begin = f"{permission}/"
    return frozenset(name.removeprefix(begin) for name in _state.granted(actor) if name.startswith(begin))


def granted_to(role: str) -> frozenset[str]:
    """The permissions that a base role carries."""
    return _state.policy().grants.get(role, frozenset())


async def ready(uow: UnitOfWork, actor: Actor) -> None:
    """See to it that this process decides about ``actor`` by the roles that its tenant has now (D33).

    The stamp came along with the session; only where this process has not seen it are the roles read, within the
    request. A read that fails fails the request; one that shows less than the stamp says is not believed: what was
    known stays, the tenant's own roles grant nothing to this request, and the log says so (D34).
    """
    if _state.holds(actor.tenant, actor.rights):
        return
    stamp, roles = await _store.read(uow)
    if stamp < actor.rights or not roles:
        log.get("access").error("rights_empty", tenant=actor.tenant, wanted=actor.rights, found=stamp)
    elif not _state.holds(actor.tenant, actor.rights):
        _state.keep(actor.tenant, actor.rights, roles)


async def roles_with(uow: UnitOfWork, permission: str) -> tuple[str, ...]:
    """The roles of the tenant, base and own, that carry ``permission`` today."""
    found = await _today(uow)
    return tuple(sorted(column.code for column in found.roles if permission in column.grants))


async def carried(uow: UnitOfWork, roles: Collection[str]) -> frozenset[str]:
    """Everything that a post with ``roles`` of the tenant may do today."""
    found = await _today(uow)
    return frozenset[str]().union(*(column.grants for column in found.roles if column.code in roles))


async def role_labels(uow: UnitOfWork) -> dict[str, str]:
    """Every role that a post of the tenant can be given today, by code, with its name."""
    return {column.code: column.label for column in (await _today(uow)).roles}


async def grantable(uow: UnitOfWork) -> dict[str, str]:
    """The same without the reserved: administrators', operators' and other systems' are no role to be given."""
    return {column.code: column.label for column in (await _today(uow)).roles if not column.reserved}


async def matrix(uow: UnitOfWork, actor: Actor) -> Matrix:
    """All roles and what each may do today. Raises Forbidden."""
    require(actor, permissions.READ)
    return await _today(uow)


async def own_roles(uow: UnitOfWork, actor: Actor) -> tuple[Role, ...]:
    """The tenant's own roles, also those not yet or no longer in force. Raises Forbidden."""
    require(actor, permissions.READ)
    return (await _store.read(uow))[1]


async def own_role(uow: UnitOfWork, actor: Actor, code: str) -> Role:
    """One of them. Raises Forbidden, NotFound."""
    found = next((role for role in await own_roles(uow, actor) if role.code == code), None)
    if found is None:
        raise NotFound
    return found


def composable(actor: Actor) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """Base roles and single permissions that a role of the tenant's own may be made of. Raises Forbidden."""
    require(actor, permissions.READ)
    return _told.composable(_state.policy())


def options(actor: Actor) -> tuple[Option, ...]:
    """Every permission there is, each scope by itself, with its name. Raises Forbidden."""
    require(actor, permissions.READ)
    policy = _state.policy()
    return _told.options(policy, policy.known - policy.scoped)


def named(names: Collection[str]) -> tuple[Option, ...]:
    """These permissions with what they are called, scopes included."""
    return _told.options(_state.policy(), names)


def scope_labels(actor: Actor) -> dict[str, str]:
    """The scopes in which a permission can come, with their names. Raises Forbidden."""
    require(actor, permissions.READ)
    return dict(_state.policy().labels.scopes)


async def who_can(uow: UnitOfWork, actor: Actor, permission: str) -> tuple[Holder, ...]:
    """Everybody whose post carries ``permission`` today. Raises Forbidden, NotFound for an unknown one."""
    require(actor, permissions.READ)
    if permission not in _state.policy().known:
        raise NotFound
    found = await _today(uow)
    carrying = [column.code for column in found.roles if permission in column.grants]
    return _told.holders(await _store.holders(uow, roles=carrying), found)


async def people(
    uow: UnitOfWork, actor: Actor, *, words: str = "", skip: int = 0, limit: int | None = None
) -> tuple[Holder, ...]:
    """People in posts; ``words`` is looked for in name, login and office, literally. Raises Forbidden."""
    require(actor, permissions.READ)
    found = await _store.holders(uow, roles=None, words=words, skip=skip, limit=limit)
    return _told.holders(found, await _today(uow))


async def rights_of(uow: UnitOfWork, actor: Actor, person: UUID) -> tuple[Rights, ...]:
    """What a person may do in each post, and why. Raises Forbidden, NotFound."""
    require(actor, permissions.READ)
    found = await _today(uow)
    held = _told.holders(await _store.holders(uow, roles=None, person=person), found)
    if not held:
        raise NotFound
    return tuple(_told.rights_of(_state.policy(), holder, found) for holder in held)


async def preview(uow: UnitOfWork, actor: Actor, code: str | None, draft: Draft | None) -> Preview:
    """What composing (``code`` None), changing or ending (``draft`` None) a role would do. Raises as ``own_role``."""
    require(actor, permissions.READ)
    before = None if code is None else await own_role(uow, actor, code)
    gives, takes = _told.change_of(_state.policy(), before, draft, day_of(uow.now))
    concerned = () if code is None else await _store.holders(uow, roles=[code])
    return Preview(gives, takes, _told.holders(concerned, await _today(uow)))


async def _today(uow: UnitOfWork) -> Matrix:
    """Read anew, whatever this process holds."""
    return _told.matrix_of(_state.policy(), (await _store.read(uow))[1], day_of(uow.now))


__all__ = [
    "Policy", "PolicyError", "carried", "compile_policy", "composable", "enforcer", "grantable", "granted_to", "matrix",
    "may", "named", "options", "own_role", "own_roles", "people", "preview", "ready", "require", "rights_of",
    "role_labels", "roles_with", "scope_labels", "scopes", "use", "who_can", "written",
]  # fmt: skip
