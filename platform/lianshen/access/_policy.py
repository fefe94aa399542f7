"""Casbin's policy compiled into one permission set a role.

Casbin scans its rules for each question (100–600 µs); it is therefore asked once what each role may do when a policy is
loaded, and the answers are kept as sets. A test holds the sets equal to Casbin's own enforcer.

A permission is ``<object>.<action>``; one that reaches rows comes in scopes, ``<object>.<action>/<scope>``. To Casbin
the scope narrows the object: who reads ``projects/unit`` reads the projects of the own unit. Who holds a permission
in some scope holds it.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import casbin
import msgspec
from casbin import persist

from lianshen.access.types import Labels, Role
from lianshen.kernel.strict_yaml import load

OWN = "own_"
"""How the code of a tenant's own role begins, and no base role's."""


class PolicyError(Exception):
    """The policy names what does not exist, or writes it wrongly."""


class Unsaved(Exception):
    """Casbin would write the policy: it never does, our tables and files are the policy (D32)."""


class _Lines(persist.Adapter):  # type: ignore[misc]
    """A policy of given lines, only ever read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines

    def load_policy(self, model: casbin.Model) -> None:
        for line in self._lines:
            persist.load_policy_line(line, model)

    def save_policy(self, *_: object) -> bool:
        raise Unsaved

    add_policy = remove_policy = remove_filtered_policy = save_policy


class Policy(msgspec.Struct, frozen=True):
    """What each base role may do: ``grants``. The rest is what a tenant's own roles are compiled and explained from."""

    grants: Mapping[str, frozenset[str]]
    known: frozenset[str]
    includes: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, frozenset[str]]
    labels: Labels
    model: str
    lines: tuple[str, ...]

    def permits(self, roles: Iterable[str], permission: str) -> bool:
        """True when one of the base roles ``roles`` holds ``permission``. An unknown role holds nothing."""
        return any(permission in self.grants.get(role, ()) for role in roles)

    @property
    def scoped(self) -> frozenset[str]:
        """Permissions that come in scopes."""
        return frozenset(name.partition("/")[0] for name in self.known if "/" in name)

    @property
    def reserved(self) -> frozenset[str]:
        """What administrators alone may do."""
        held: dict[bool, set[str]] = {True: set(), False: set()}
        for role, grants in self.grants.items():
            held[role in self.labels.reserved] |= grants
        return frozenset(held[True] - held[False])

    @property
    def composable(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Base roles and single permissions that a tenant's own role may be made of."""
        roles = sorted(set(self.grants) - self.labels.reserved)
        return tuple(roles), tuple(sorted(self.known - self.scoped - self.reserved))


def enforcer(policy: Policy, own: Sequence[Role] = ()) -> casbin.Enforcer:
    """Casbin's own enforcer over the base policy and a tenant's roles, as if all of them were in force."""
    model = casbin.Model()
    model.load_model_from_text(policy.model)
    return casbin.Enforcer(
        model, _Lines([*policy.lines, *(line for role in own for line in _lines(role, policy.grants))])
    )


def _lines(role: Role, bases: Container[str]) -> Iterator[str]:
    """The role as Casbin reads it: composed of base roles, never of a tenant's own.

    Only names that a policy can hold are passed on: no row writes two rules.
    """
    for base in role.includes:
        if base in bases:
            yield f"g, r:{role.code}, r:{base}"
    for permission in role.permissions:
        resource, action = asked(permission)
        if resource.replace("/", "").isidentifier() and action.isidentifier():
            yield f"p, r:{role.code}, {resource}, {action}"


def asked(permission: str) -> tuple[str, str]:
    """Object and action as Casbin is asked for them: ``projects.read/unit`` is ``projects/unit``, ``read``."""
    name, _, scope = permission.partition("/")
    resource, _, action = name.partition(".")
    return (f"{resource}/{scope}" if scope else resource), action


def _named(resource: str, action: str) -> str:
    name, _, scope = resource.partition("/")
    return f"{name}.{action}/{scope}" if scope else f"{name}.{action}"


def compile_policy(folder: Path, permissions: Iterable[str]) -> Policy:
    """The base policy. Raises PolicyError on a rule that no permission answers to, and on what is written wrongly."""
    file = folder / "roles.csv"
    lines = tuple(line for line in map(str.strip, file.read_text(encoding="utf-8").splitlines()) if line)
    labels = msgspec.convert(load(folder / "labels.yaml").data, Labels)
    model = (folder / "model.conf").read_text(encoding="utf-8")
    bare = Policy({}, frozenset(permissions), {}, {}, labels, model, lines)
    ask = enforcer(bare)
    subjects = {rule[0] for rule in [*ask.get_policy(), *ask.get_grouping_policy()]}
    if wrong := sorted(name for name in subjects if not name.startswith("r:") or name.startswith(f"r:{OWN}")):
        raise PolicyError(f"{file}: write roles as r:<name>, and none as r:{OWN}…: {wrong}")
    if stray := {_named(rule[1], rule[2]) for rule in ask.get_policy()} - (bare.known - bare.scoped):
        raise PolicyError(f"{file}: no module declares {sorted(stray)}")
    roles = sorted(subject.removeprefix("r:") for subject in subjects)
    if unknown := labels.reserved & set(labels.roles) - set(roles):
        raise PolicyError(f"{folder / 'labels.yaml'}: no rule for the reserved {sorted(unknown)}")
    edges = ask.get_grouping_policy()
    return msgspec.structs.replace(
        bare,
        grants={role: _held(ask, role, bare.known) for role in roles},
        includes={role: tuple(b.removeprefix("r:") for a, b in edges if a == f"r:{role}") for role in roles},
        rules={
            role: frozenset(_named(rule[1], rule[2]) for rule in ask.get_policy() if rule[0] == f"r:{role}")
            for role in roles
        },
    )


def compile_own(policy: Policy, own: Sequence[Role]) -> dict[str, frozenset[str]]:
    """What each of a tenant's roles may do while in force. What is no longer known or is reserved grants nothing."""
    ask = enforcer(policy, own)
    known = policy.known - policy.reserved
    return {role.code: _held(ask, role.code, known) for role in own}


def _held(ask: casbin.Enforcer, role: str, known: frozenset[str]) -> frozenset[str]:
    rules = {_named(rule[1], rule[2]) for rule in ask.get_implicit_permissions_for_user(f"r:{role}")} & known
    return frozenset(rules | {name.partition("/")[0] for name in rules})
