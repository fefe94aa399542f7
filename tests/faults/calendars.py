"""Calendars that change under load: what is told of the days, by whom, with whom killed; and what must be so then."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any
from uuid import UUID

import asyncpg

from lianshen.kernel.clock import day_of
from lianshen.tenancy.types import PLATFORM
from tests.faults import office, recounting
from tests.faults.fault import WEBS, Run, fault
from tests.faults.office import FOLDER, LAST, TENANT
from tests.year import naive
from tests.year.naive import DAY, Days

_LONG = 60.0


async def _until(what: str, holds: Callable[[], Awaitable[Any]], limit: float = _LONG) -> None:
    end = asyncio.get_running_loop().time() + limit
    while asyncio.get_running_loop().time() < end:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if await holds():
                return
        await asyncio.sleep(0.03)
    raise AssertionError(f"not within {limit:.0f} s: {what}")


@asynccontextmanager
async def _holding(run: Run, statement: str, *values: Any) -> AsyncIterator[None]:
    """Somebody holds a lock, so that who needs it stands in the midst of what it does."""
    connection = await asyncpg.connect(run.site.superuser)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(statement, *values)
        yield
        await transaction.rollback()
    finally:
        await connection.close()


async def _somebody_waits(run: Run) -> bool:
    waiting = await run.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%calendar_edition%'"
    )
    return bool(waiting[0][0])


@asynccontextmanager
async def _more_begin(run: Run) -> AsyncIterator[None]:
    """Meanwhile, and as long as the run lasts, terms go on to begin."""

    async def begin() -> None:
        while run.lasts:
            with suppress(AssertionError):  # what is done is known by its key, and judged with all the rest
                await office.failed(run, 1)
            await run.pause(0.5, 1.5)

    task = asyncio.create_task(begin())
    try:
        yield
    finally:
        await task


def _notice(year: int, published: date, off: Sequence[str], worked: Sequence[str] = ()) -> str:
    said = f'year: {year}\nnotices: [{{title: 放假安排的通知, number: "〔{year}〕1号", published: "{published}"}}]\n'
    days = ", ".join(f'"{one}"' for one in off)
    more = f", worked: [{', '.join(f'{chr(34)}{one}{chr(34)}' for one in worked)}]" if worked else ""
    return f"{said}holidays:\n  - {{name: 放假, off: [{days}]{more}}}\n"


async def _by_page(run: Run, source: str) -> str:
    """One operator puts the year up, another lets it count; whoever serves them is killed in the midst."""
    one, two = [await run.crowd.officer(PLATFORM, login=f"yw-{number}") for number in (1, 2)]
    plan = ""

    async def put_up() -> bool:
        nonlocal plan
        answer = await one.ask("POST", "/calendar/plans", data={"kind": "year", "source": source})
        plan = answer.headers["location"].rpartition("/")[2] if answer is not None and answer.status_code == 303 else ""
        return bool(plan)

    await _until("the year is put up", put_up)
    run.site.processes["scheduler"].kill()  # it is to count what the plan moves

    async def counted() -> bool:
        return bool(await run.sql("SELECT FROM calendar_plan WHERE id = $1 AND counted_at IS NOT NULL", UUID(plan)))

    await _until("it is known what the year moves", counted)
    path = f"/calendar/plans/{plan}"
    run.site.processes["scheduler"].send(SIGSTOP)  # nothing is counted until somebody stands by to kill it
    async with _holding(run, "LOCK TABLE calendar_edition IN SHARE MODE"):
        asked = asyncio.create_task(two.ask("POST", f"{path}/approval"))
        await _until("an approval stands in the midst", lambda: _somebody_waits(run))
        for web in WEBS:
            run.site.processes[web].kill()
        assert await asked is None, "nobody is answered by what was killed"
    assert not await _editions(run, plan), "what was killed before COMMIT left nothing"

    for _ in range(3):  # at about the time of COMMIT, so that one is told, or nobody knows
        await _until("both serve", run.site.serves)
        asked = asyncio.create_task(two.ask("POST", f"{path}/approval"))
        await asyncio.sleep(run.random.uniform(0.0, 0.2))
        for web in WEBS:
            run.site.processes[web].kill()
        await asked
        if await _editions(run, plan):
            break

    async def approved() -> bool:
        shown = await two.ask("GET", path)
        if shown is not None and "已生效" in shown.text:
            return True
        await two.ask("POST", f"{path}/approval")
        return False

    await _until("the year counts", approved)
    return plan


async def _editions(run: Run, plan: str) -> list[Any]:
    return list(await run.sql("SELECT number, published_at FROM calendar_edition WHERE plan = $1", UUID(plan)))


async def _lianshen(run: Run, *arguments: str, given: str = "", killed: bool = False) -> tuple[int, str]:
    """``lianshen calendar …`` as an operator runs it; ``killed`` as soon as it waits for somebody."""
    roots = os.pathsep.join(map(str, [Path(__file__).parents[2], *sys.path]))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lianshen.cli.main", "calendar", *arguments,
        env={**os.environ, **run.site.environment, **run.site.clock, "PYTHONPATH": roots},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    telling = asyncio.create_task(process.communicate(given.encode()))
    if killed:
        await _until("the command stands in the midst", lambda: _somebody_waits(run))
        process.kill()
    said, _ = await asyncio.wait_for(telling, _LONG)
    assert process.returncode is not None
    return process.returncode, said.decode()


async def _by_hand(run: Run, source: str) -> str:
    """The same by the command line, whose process is killed in the midst of publishing."""
    plan = ""

    async def loaded() -> bool:
        nonlocal plan
        code, said = await _lianshen(run, "load", "-", "--as", "yw-1", given=source)
        plan = said.strip().rpartition("：")[2] if code == 0 else ""
        return bool(plan)

    await _until("the year is loaded", loaded)

    async def counted() -> bool:
        _, said = await _lianshen(run, "preview", plan, "--as", "yw-2")
        return "项自动改期" in said

    await _until("it is known what the year moves", counted)
    run.site.processes["scheduler"].send(SIGSTOP)  # nothing is counted until somebody stands by to kill it
    async with _holding(run, "LOCK TABLE calendar_edition IN SHARE MODE"):
        code, _ = await _lianshen(run, "publish", plan, "--as", "yw-2", killed=True)
        assert code != 0
    assert not await _editions(run, plan), "what was killed before COMMIT left nothing"
    code, said = await _lianshen(run, "publish", plan, "--as", "yw-2")
    assert code == 0, said
    code, _ = await _lianshen(run, "publish", plan, "--as", "yw-2")
    assert code == 2, "what counts is published once"
    return plan


_STALE = """SELECT DISTINCT project FROM deadline d WHERE tenant = $1 AND state IN ('open', 'paused')
    AND project IS NOT NULL AND calendar NOT LIKE $2
    AND NOT EXISTS (SELECT FROM calendar_hold h WHERE h.tenant = d.tenant AND h.deadline = d.id AND h.calendar LIKE $2)
    ORDER BY project"""


async def _version(run: Run, plan: str) -> str:
    """A pattern for the versions of calendars that the plan's edition is the newest part of."""
    (edition,) = await _editions(run, plan)
    return f"%.{edition[0]}+%"


async def _kill_who_counts(run: Run, plan: str) -> None:
    """The scheduler is killed twice when it has counted some projects and not all."""
    version = await _version(run, plan)
    run.seen["killed"] = 0
    for _ in range(2):
        left = await run.sql(_STALE, TENANT, version)
        if len(left) < 3:
            break  # those that failed while another was held are counted at the next beat
        held = left[run.random.randint(1, len(left) - 2)][0]

        async def some(before: int = len(left), held: Any = held) -> bool:
            left = {row[0] for row in await run.sql(_STALE, TENANT, version)}
            return held in left and len(left) < before

        async with _holding(run, "SELECT FROM project WHERE tenant = $1 AND id = $2 FOR UPDATE", TENANT, held):
            run.site.processes["scheduler"].send(SIGCONT)
            await _until("some are counted", some)
            run.site.processes["scheduler"].kill()
            run.seen["killed"] += 1
    assert run.seen["killed"], "it was killed in the midst"


async def counted_once(run: Run) -> None:
    """Every term is where the days have it, or where it was and somebody is asked; at the latest at the beat after."""
    version = await _version(run, run.seen["plan"])

    async def all_are() -> bool:
        return not await run.sql(_STALE, TENANT, version)

    await _until("all are counted", all_are, 2 * _LONG)
    found = await recounting.gather(run.sql, UUID(run.seen["plan"]))
    wrong = list(recounting.amiss(found, run.seen["by"], run.seen["days"]))
    assert not wrong, f"{len(wrong)} terms: {'; '.join(wrong[:3])}"
    moved = await run.sql("SELECT count(*) FROM deadline_entry WHERE kind = 'recounted'")
    assert moved[0][0] >= run.seen["least"], f"only {moved[0][0]} moved"


async def _shown(run: Run, projects: Sequence[str], word: str, *, there: bool) -> None:
    """Whether the page of each project says so, and the API of its terms."""
    bureau = await office.bureau(run)
    for project in projects:
        said = await bureau.get(f"/api/v1/projects/{project}/deadlines")
        terms = [one["deadline"] for one in said or () if one["deadline"]["state"] == "open"]
        assert terms, f"no term of {project} is shown"
        assert all(one["provisional"] == there for one in terms), f"{project}: {terms}"
        page = await bureau.ask("GET", f"/projects/{project}")
        assert page is not None
        assert (word in page.text) == there, f"{project} {'does not show' if there else 'shows'} {word}"


async def over_the_year(run: Run) -> None:
    """Terms that reach over 31 December, into a year of which no notice is known, and say that they are provisional."""
    run.seen["projects"] = [*await office.failed(run, 6), *await office.returned(run, 2)]
    run.seen["projects"].append(await office.in_review(run, date(LAST + 1, 1, 15)))
    run.seen["by"] = naive.published(FOLDER, LAST)
    await _shown(run, run.seen["projects"], "暂定", there=True)


async def no_longer_provisional(run: Run) -> None:
    await counted_once(run)
    await _shown(run, run.seen["projects"], "暂定", there=False)


@fault("F53", "a year without a calendar, until its notice comes", seconds=45, bound=300,
       on=date(LAST, 12, 21), before=over_the_year, after=no_longer_provisional)  # fmt: skip
async def notice_comes(run: Run) -> None:
    year, first = LAST + 1, run.random.randint(17, 20)
    off = [date(year, 1, 1) + number * DAY for number in range(run.random.randint(3, 5))]
    off += [date(year, 1, first) + number * DAY for number in range(7)]
    ends = next(day for day in (date(year, 1, 9) + number * DAY for number in range(7)) if day.weekday() == 5)
    source = _notice(year, date(LAST, 12, 20), [f"{day:%m-%d}" for day in off], [f"{ends:%m-%d}"])
    by = run.seen["by"]
    run.seen["days"] = Days(by.off | set(off), by.worked | {ends}, year)
    run.seen["least"] = 8
    async with _more_begin(run):
        run.seen["plan"] = await _by_page(run, source)
        await _kill_who_counts(run, run.seen["plan"])


async def some_past_and_some_told(run: Run) -> None:
    """Terms that are over, some of which notices went out, and some of which nobody has heard."""
    past = await office.returned(run, 3)  # of these the law attaches nothing to the end, so that they run on
    await _pass(run, 6)
    told = await office.failed(run, 3)
    await _pass(run, 28)
    run.seen["projects"] = [*past, *told, *await office.failed(run, 5), *await office.returned(run, 2)]
    run.seen["by"] = naive.published(FOLDER, LAST)


async def _pass(run: Run, days: int) -> None:
    """So many days later, when all that was due by then has been done."""

    async def done() -> bool:
        left = await run.sql(
            "SELECT (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sent', 'begun')) "
            "+ (SELECT count(*) FROM deadline WHERE next_at <= duty_now() AND parked IS NULL)"
        )
        return not left[0][0]

    await _until("all is done", done)
    await run.site.go_on_to(day_of(await run.site.now()) + timedelta(days=days))
    await _until("what was due is done", done, 2 * _LONG)
    for one in run.crowd.officers:
        await one.sign_in()


@fault("F54", "a notice is corrected after others went out", seconds=45, bound=300,
       on=date(LAST, 10, 12), before=some_past_and_some_told, after=counted_once)  # fmt: skip
async def correction_comes(run: Run) -> None:
    """The last days themselves are off after all, those that are over and those that were told of too."""
    found = await run.sql(
        "SELECT DISTINCT due_on FROM deadline WHERE tenant = $1 AND state = 'open' AND project = ANY($2::uuid[])",
        TENANT, [UUID(one) for one in run.seen["projects"]],
    )  # fmt: skip
    off = sorted(row[0] for row in found)
    source = (FOLDER / f"cn-{LAST}.yaml").read_text(encoding="utf-8")
    source += f"  - name: 更正\n    off: [{', '.join(f'{chr(34)}{day:%m-%d}{chr(34)}' for day in off)}]\n"
    run.seen["days"] = run.seen["by"].but_off(*off)
    run.seen["least"] = 8
    async with _more_begin(run):
        run.seen["plan"] = await _by_hand(run, source)
        await _kill_who_counts(run, run.seen["plan"])
        await _decide(run)


async def _decide(run: Run) -> None:
    """Of what waits an officer lets one move and keeps another, clicking thrice."""
    officer = await run.crowd.officer(TENANT, login="sjj-gz")
    (edition,) = await _editions(run, run.seen["plan"])
    waiting = "SELECT count(*) FROM calendar_hold WHERE tenant = $1 AND calendar LIKE $2 AND decision IS NULL"

    async def all_wait() -> bool:
        return bool((await run.sql(waiting, TENANT, f"%.{edition[0]}+%"))[0][0] >= 6)

    await _until("what does not move waits", all_wait)
    for decision in ("moved", "kept"):

        async def decided(decision: str = decision) -> bool:
            page = await officer.ask("GET", "/calendar")
            chosen = re.findall(r'name="chosen" value="([^"]+)"', page.text) if page is not None else []
            if not chosen:
                return False
            form = {"chosen": chosen[0], "decision": decision, "reason": "通知更正，经研究决定。"}
            answers = await asyncio.gather(*(officer.ask("POST", "/calendar/held", data=form) for _ in range(3)))
            codes = [one.status_code for one in answers if one is not None]
            assert codes.count(303) <= 1, f"decided {codes}"
            return 303 in codes

        await _until(f"one is {decision}", decided)
