"""What is told about rights, from the same compiled sets by which it is decided. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from lianshen.access._policy import Policy, compile_own
from lianshen.access.types import Can, Column, Draft, Holder, Matrix, Option, Reason, Rights, Role


def matrix_of(policy: Policy, roles: Iterable[Role], on: date) -> Matrix:
    """All roles that grant something on that day, base roles first."""
    own = [role for role in roles if role.in_force(on)]
    compiled = compile_own(policy, own)
    labels = policy.labels
    base = sorted(policy.grants, key=lambda code: (_place(labels.roles, code), code))
    return Matrix(
        actions=options(policy, {name.partition("/")[0] for name in policy.known}),
        roles=(
            *(Column(code, labels.role(code), policy.grants[code], code in labels.reserved, None) for code in base),
            *(Column(role.code, role.label, compiled[role.code], False, role) for role in own),
        ),
    )


def options(policy: Policy, names: Iterable[str]) -> tuple[Option, ...]:
    """Permissions with their names, in the order in which the labels are written."""
    actions = policy.labels.actions
    said = sorted(names, key=lambda one: (_place(actions, one.partition("/")[0]), one))
    return tuple(Option(name, policy.labels.permission(name)) for name in said)


def composable(policy: Policy) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """Base roles and single permissions that a tenant's own role may be made of."""
    roles, single = policy.composable
    said = sorted(roles, key=lambda code: (_place(policy.labels.roles, code), code))
    return tuple(Option(code, policy.labels.role(code)) for code in said), options(policy, single)


def holders(rows: Sequence[Any], found: Matrix) -> tuple[Holder, ...]:
    """Posts with the names of their roles; a role that grants nothing today has none but its code."""
    names = {column.code: column.label for column in found.roles}
    return tuple(
        Holder(
            person=row.person,
            name=row.name,
            post=row.post,
            office=row.office,
            roles=tuple(row.roles),
            role_labels=tuple(names.get(code, code) for code in row.roles),
        )
        for row in rows
    )


def rights_of(policy: Policy, holder: Holder, found: Matrix) -> Rights:
    """What one may do in this post, and every way by which one comes to it."""
    columns = {column.code: column for column in found.roles}
    held = [columns[code] for code in holder.roles if code in columns]
    granted = frozenset().union(*(column.grants for column in held)) - policy.scoped
    return Rights(
        holder=holder,
        can=tuple(
            Can(
                permission=option.code,
                label=option.label,
                reasons=tuple(
                    Reason(path, tuple(columns[code].label for code in path))
                    for column in held
                    if option.code in column.grants
                    for path in _paths(policy, columns, column.code, option.code)
                ),
            )
            for option in options(policy, granted)
        ),
        idle=tuple(code for code in holder.roles if code not in columns),
    )


def _paths(policy: Policy, columns: Mapping[str, Column], code: str, permission: str) -> Iterator[tuple[str, ...]]:
    """From the role to each that has the rule itself."""
    own = columns[code].role
    rules, includes = (
        (own.permissions, own.includes) if own else (policy.rules.get(code, ()), policy.includes.get(code, ()))
    )
    if permission in rules:
        yield (code,)
    for base in includes:
        if base in columns and permission in columns[base].grants:
            for path in _paths(policy, columns, base, permission):
                yield (code, *path)


def change_of(
    policy: Policy, before: Role | None, after: Draft | None, on: date
) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """What is given and what is taken.

    A role whose first day is still to come counts as if it had: whoever prepares it wants to see what it will do.
    """
    had, has = _grants(policy, before, on), _grants(policy, None if after is None else role_of("own_0", after), on)
    return options(policy, has - had), options(policy, had - has)


def role_of(code: str, draft: Draft) -> Role:
    return Role(
        code=code,
        label=draft.label,
        includes=draft.includes,
        permissions=draft.permissions,
        since=draft.since,
        until=draft.until,
        ended_at=None,
        version=0,
    )


def _grants(policy: Policy, role: Role | None, on: date) -> frozenset[str]:
    if role is None or role.ended_at is not None or (role.until is not None and role.until < on):
        return frozenset()
    return compile_own(policy, [role])[role.code] - policy.scoped


def written(policy: Policy) -> str:
    """The matrix of the base roles as text: role, action, and on which rows (``-``: the action is about none)."""
    lines = []
    for role in sorted(policy.grants):
        for name in sorted(policy.grants[role] - policy.scoped):
            action, _, scope = name.partition("/")
            lines.append(f"{role:20} {action:28} {scope or '-'}")
    return "\n".join(lines) + "\n"


def _place(order: Mapping[str, str], name: str) -> int:
    return list(order).index(name) if name in order else len(order)
