"""Casbin's policy compiled into one permission set a role.

Casbin scans every rule for each question (110–600 µs); its policy is therefore asked once per role and permission when
it is loaded, and the answers are kept as sets (0.1 µs). A test holds the sets equal to Casbin's own enforcer.
"""

from collections.abc import Iterable
from pathlib import Path

import casbin
import msgspec


class PolicyError(Exception):
    """The policy names a permission that no module declares, or leaves out a role's prefix."""


class Policy(msgspec.Struct, frozen=True):
    """What each role may do; permissions are dotted, ``<object>.<action>``."""

    grants: dict[str, frozenset[str]]

    def permits(self, roles: Iterable[str], permission: str) -> bool:
        """True when one of ``roles`` holds ``permission``. An unknown role holds nothing."""
        return any(permission in self.grants.get(role, ()) for role in roles)


def enforcer(folder: Path) -> casbin.Enforcer:
    """Casbin's own enforcer over the policy files in ``folder``."""
    return casbin.Enforcer(str(folder / "model.conf"), str(folder / "roles.csv"))


def compile_policy(folder: Path, permissions: Iterable[str]) -> Policy:
    """Ask Casbin every role × permission once. Raises PolicyError on a rule that no permission answers to."""
    ask = enforcer(folder)
    known = set(permissions)
    stray = {f"{rule[1]}.{rule[2]}" for rule in ask.get_policy()} - known
    if stray:
        raise PolicyError(f"{folder / 'roles.csv'}: no module declares {sorted(stray)}")
    subjects = {rule[0] for rule in [*ask.get_policy(), *ask.get_grouping_policy()]}
    if bare := sorted(name for name in subjects if not name.startswith("r:")):
        raise PolicyError(f"{folder / 'roles.csv'}: write roles as r:<name>: {bare}")
    return Policy(
        {
            subject.removeprefix("r:"): frozenset(
                permission for permission in known if ask.enforce(subject, *permission.split("."))
            )
            for subject in subjects
        }
    )
