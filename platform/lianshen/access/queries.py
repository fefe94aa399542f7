"""The one question: may this actor do this?"""

from lianshen.access._policy import Policy, PolicyError, compile_policy, enforcer
from lianshen.access.strength import require_strength
from lianshen.identity.types import Actor
from lianshen.kernel.errors import Forbidden

_loaded: list[Policy] = []


def use(policy: Policy) -> None:
    """Make ``policy`` the one this process decides by; it replaces the former in one assignment (D34)."""
    _loaded[:] = [policy]


def may(actor: Actor, permission: str) -> bool:
    """True when the actor's post carries ``permission``."""
    return _loaded[0].permits(actor.roles, permission)


def require(actor: Actor, permission: str) -> None:
    """Raise Forbidden unless the actor's post carries ``permission``. Every command opens with this.

    Raises StepUpRequired when the permission asks who it is once more (``policies/strength.csv``).
    """
    if not may(actor, permission):
        raise Forbidden
    require_strength(actor, permission)


def roles_with(permission: str) -> tuple[str, ...]:
    """The roles that carry ``permission``."""
    policy = _loaded[0]
    return tuple(sorted(role for role in policy.grants if policy.permits((role,), permission)))


__all__ = ["Policy", "PolicyError", "compile_policy", "enforcer", "may", "require", "roles_with", "use"]
