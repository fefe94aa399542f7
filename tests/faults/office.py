"""What the bureau of one county and those it asks do with projects, so that terms begin."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from lianshen.deadlines.types import Rung
from lianshen.kernel.clock import day_of
from lianshen.kernel.settings import Settings
from tests.faults.fault import Run
from tests.faults.users import User
from tests.rules.law import packs
from tests.year import naive
from tests.year.naive import DAY, Days

FOLDER = Settings().tenants_dir / "_calendar"
LAST = max(int(file.stem.removeprefix("cn-")) for file in FOLDER.glob("cn-*.yaml"))
"""The last year whose notice comes with the software."""
TENANT = "320723"
_BUREAU = "县数据局"
_REVIEWED = "700000"
"""Yuan from which a project is reviewed, and not filed alone."""
_REVIEWERS = ("县发改委", "县财政局", "县委网信办")


async def bureau(run: Run) -> User:
    return await run.crowd.officer(TENANT, office=_BUREAU, role="lead_officer")


async def submitted(run: Run) -> str:
    """A project that is to be reviewed, of a unit that acts for this alone."""
    logins = [one.login for one in run.site.accounts if (one.tenant, one.role) == (TENANT, "applicant")]
    unit = await run.crowd.officer(TENANT, login=logins[-1])
    return await unit.submitted(project_budget=_REVIEWED, total_investment=_REVIEWED)


async def failed(run: Run, count: int) -> list[str]:
    """Projects that fail their pre-review: thirty days to declare anew."""
    lead, made = await bureau(run), [await submitted(run) for _ in range(count)]
    for project in made:
        await lead.perform(project, "fail_pre_review", reason="必要性论证不足。")
    return made


async def in_review(run: Run, until: date) -> str:
    project = await submitted(run)
    lead = await bureau(run)
    await lead.perform(project, "pass_pre_review")
    await lead.perform(project, "open_joint_review", opinions_due_on=until.isoformat())
    return project


async def returned(run: Run, count: int) -> list[str]:
    """Projects that go back with remarks: ten working days to revise the design."""
    made = []
    for _ in range(count):
        project = await in_review(run, day_of(await run.site.now()) + 9 * DAY)
        for office in _REVIEWERS:
            reviewer = await run.crowd.officer(TENANT, office=office, role="co_reviewer")
            await reviewer.perform(project, "give_opinion", verdict="agree_with_remarks", remarks="补充安全方案。")
        await (await bureau(run)).perform(project, "return_with_remarks", remarks="按各单位意见修改。")
        made.append(project)
    return made


_OPINIONS = "SELECT id, due_on, opened_at FROM deadline WHERE clock = 'opinions' AND project = ANY($1::uuid[])"
_FIRED = "SELECT deadline, rung, due_on, event FROM rung WHERE deadline = ANY($1::uuid[])"
_SAID = """SELECT id FROM event
    WHERE action IN ('deadlines.rung', 'deadlines.expired') AND project = ANY($1::uuid[])"""


class Term(NamedTuple):
    """A deadline, as the table has it."""

    id: UUID
    due_on: date
    opened_on: date


class Fired(NamedTuple):
    """A rung that fired, of which deadline and last day, and the event that says so."""

    deadline: UUID
    rung: str
    due_on: date
    event: UUID


async def rungs_amiss(run: Run, projects: Sequence[str]) -> list[str]:
    """What is wrong with the rungs that fired of the opinions asked for in these projects."""
    clock = next(pack.clocks["opinions"].clock for pack in packs() if pack.ref.startswith(TENANT))
    ladder = [Rung(one.code, one.days, one.unit) for one in clock.ladder]
    ids = [UUID(one) for one in projects]
    now = day_of((await run.sql("SELECT duty_now()"))[0][0])
    terms = [Term(id_, due_on, day_of(at)) for id_, due_on, at in await run.sql(_OPINIONS, ids)]
    fired = [Fired(*row) for row in await run.sql(_FIRED, [one.id for one in terms])]
    said = [row["id"] for row in await run.sql(_SAID, ids)]
    few = [f"only {len(terms)} terms"] if len(terms) < len(projects) else []
    return [*few, *climbed_amiss(terms, fired, said, ladder, naive.published(FOLDER, LAST), now)]


def climbed_amiss(
    terms: Sequence[Term], fired: Sequence[Fired], said: Sequence[UUID], ladder: Sequence[Rung], days: Days, now: date
) -> Iterator[str]:
    """Every way in which what ``fired`` is not what had to until ``now``, once, with an event of its own."""
    for term in terms:
        must = {one.rung for one in naive.steps(ladder, term.due_on, term.opened_on, days) if one.on <= now}
        was = Counter((one.rung, one.due_on) for one in fired if one.deadline == term.id)
        if was != Counter((rung, term.due_on) for rung in must):
            yield f"of {term.id} due {term.due_on} fired {sorted(was.items())}, and must {sorted(must)}"
    if sorted(said) != sorted(one.event for one in fired):
        yield f"{len(fired)} fired, and {len(said)} are said to have"
