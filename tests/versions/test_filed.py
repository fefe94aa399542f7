"""A law is tried on the projects of a tenant as they were filed: under its wall, batch by batch."""

from argparse import Namespace

import msgspec
import pytest
from sqlalchemy import text

from lianshen.cli import what_if
from lianshen.projects.queries import filed
from lianshen.rules.queries import WhatIf
from lianshen.versions.queries import what_if as try_on
from tests.support.seals import reseal
from tests.support.successor import NEW, OLD
from tests.walk.driver import LEAD, UNIT, Driver

TENANT = "320723"


@pytest.fixture
async def year(work, staff, two_laws, files, superuser, worker_database):
    """The projects of a year that nobody else files in: four handed in, one a draft; and one of the year after."""
    made = []
    for budget, day in [("400000", "2025-11-03")] * 2 + [("550000", "2025-12-31")] * 2 + [("400000", "2026-01-01")]:
        one = Driver(work, staff, two_laws, files)
        one.at(day)
        await one.submit(budget)
        made.append(one)
    await made[2].act(LEAD, "pass_pre_review")
    draft = Driver(work, staff, two_laws, files)
    draft.at("2025-11-03")
    await draft.declare("400000")
    yield [(await one.desk(UNIT)).project for one in made]
    others = {"ids": [one.project for one in made]}
    await superuser.execute(text("UPDATE project SET disclosed = false WHERE id = ANY(:ids)"), others)
    await superuser.commit()
    await reseal(worker_database, TENANT)


async def test_what_was_filed_is_read_as_it_was_declared(work, two_laws, year):
    packs = [two_laws.registry.pack(ref) for ref in (OLD, NEW)]
    async with work(read_only=True) as uow:
        await uow.enter(TENANT)
        found = [one async for one in filed(uow, packs, 2025, batch=3)]
    assert [one.number for one in found] == sorted(one.number for one in year[:4])
    assert {one.on.isoformat() for one in found} == {"2025-11-03", "2025-12-31"}
    for one in found:
        assert {"project_budget", "documents"} <= one.facts.keys()
        assert not one.facts.keys() & {"submitted", "submitted_on", "pre_review_passed"}


async def test_another_tenant_has_none_of_them(work, two_laws, year):
    async with work(read_only=True) as uow:
        await uow.enter("421000")
        assert [one async for one in filed(uow, [two_laws.registry.pack(OLD)], 2025)] == []


async def test_the_command_reads_the_tenant_as_the_web_does(configured, year, two_laws, tmp_path_factory, capsys):
    home = next(path for path in tmp_path_factory.getbasetemp().glob("two-laws*") if path.is_dir())
    asked = Namespace(draft=NEW, facts=None, tenant=TENANT, year=2025, against=None, on=None, packs=home, out=None,
                      json=True)  # fmt: skip
    assert await what_if.run(asked, home) == 0
    found = msgspec.json.decode(capsys.readouterr().out, type=WhatIf)
    assert (found.old, found.new, found.projects, found.unchanged) == (OLD, NEW, 4, 0)
    tiers = next(one for one in found.kinds if one.kind == "tiers")
    assert tiers.projects == 2
    assert set(tiers.outcomes[0].examples) == {one.number for one in year[2:4]}
    asked.tenant = "421000"
    assert await what_if.run(asked, home) == 2
    assert "不是 421000 的规则包" in capsys.readouterr().err


async def test_it_stops_when_the_time_is_over(work, two_laws, year, planner):
    async with work(read_only=True) as uow:
        await uow.enter(TENANT)
        packs = [two_laws.registry.pack(ref) for ref in (OLD, NEW)]
        whole = await try_on(uow, planner, *packs, 2025, until=lambda: False)
        cut = await try_on(uow, planner, *packs, 2025, until=lambda: True)
    assert (whole.projects, whole.complete, cut.projects, cut.complete) == (4, True, 0, False)
