"""Versions of the law, and moving projects between them; see the page of the same."""

import time
from asyncio import to_thread
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import BodyKwarg, PathParameter, QueryParameter

from lianshen.rules.queries import Diff, Version, WhatIf
from lianshen.versions import commands, permissions, queries
from lianshen.versions.types import Plan, PlanPage
from lianshen.web._auth import needs
from lianshen.web._context import Asked
from lianshen.web.api._openapi import described, examples
from lianshen.web.api._texts import PARAMETERS

_SECONDS = 10.0
_READ = needs(permissions.READ)
Ref = Annotated[str, QueryParameter(description=PARAMETERS["version"], max_length=40)]
PlanId = Annotated[UUID, PathParameter(description=PARAMETERS["plan"])]


class VersionView(msgspec.Struct, frozen=True):
    """One version. ``ends`` is its last day: its text's own, or the one before a successor's first."""

    ref: str
    title: str
    number: str
    status: str
    digest: str
    since: date
    ends: date | None
    published: bool
    in_force: bool
    reviewed_until: date | None
    drafted_by: str | None
    reviewed_by: str | None
    published_by: str | None
    published_on: date | None


class Target(msgspec.Struct, frozen=True):
    """The version to move projects to."""

    to: str


class Planned(msgspec.Struct, frozen=True):
    plan: UUID


@get("/law/versions", **described("list_versions", _READ), sync_to_thread=False)
def list_versions(call: Asked) -> list[VersionView]:
    return [_view(one, call.today) for one in queries.versions(call.actor, call.law)]


@get("/law/diff", **described("diff_versions", _READ, problems=(404,)))
async def diff_versions(call: Asked, old: Ref, new: Ref) -> Diff:
    return await to_thread(queries.changes, call.actor, call.law, old, new)


@get("/law/what-if", **described("what_if", _READ, problems=(404,)))
async def what_if(
    call: Asked,
    draft: Ref,
    against: Ref,
    year: Annotated[int | None, QueryParameter(description=PARAMETERS["year"], ge=1970, le=9998)] = None,
) -> WhatIf:
    old, new = (queries.version(call.actor, call.law, ref).pack for ref in (against, draft))
    ends = time.monotonic() + _SECONDS
    return await queries.what_if(call.uow, call.actor, old, new, year, until=lambda: time.monotonic() > ends)


@get("/law/moves", **described("list_moves", _READ))
async def list_moves(call: Asked) -> list[Plan]:
    return await queries.plans(call.uow, call.actor)


@post("/law/moves", **described("plan_move", needs(permissions.MANAGE), keyed=True))
async def plan_move(call: Asked, data: Annotated[Target, BodyKwarg(examples=examples("plan_move"))]) -> Planned:
    return Planned(await commands.plan_move(call.uow, call.actor, call.law, data.to))


@get("/law/moves/{plan:uuid}", **described("read_move", _READ, problems=(404,)))
async def read_move(call: Asked, plan: PlanId) -> PlanPage:
    return await queries.plan(call.uow, call.actor, plan)


@post(
    "/law/moves/{plan:uuid}/approval",
    status_code=204,
    **described("approve_move", needs(permissions.APPROVE), problems=(404,), keyed=True),
)
async def approve_move(call: Asked, plan: PlanId) -> None:
    await commands.approve_move(call.uow, call.actor, call.law, plan)


def _view(version: Version, today: date) -> VersionView:
    pack, release = version.pack, version.pack.release
    return VersionView(
        ref=pack.ref,
        title=pack.title,
        number=pack.number,
        status=pack.status,
        digest=pack.digest,
        since=pack.since,
        ends=version.ends,
        published=pack.published,
        in_force=version.in_force(today),
        reviewed_until=pack.reviewed_until,
        drafted_by=release.drafted_by if release else None,
        reviewed_by=release.reviewed_by if release else None,
        published_by=release.published_by if release else None,
        published_on=release.published_on if release else None,
    )


HANDLERS = (list_versions, diff_versions, what_if, list_moves, plan_move, read_move, approve_move)
