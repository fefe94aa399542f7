"""The faults, each a few lines: what is done to the site while its users act. Numbers are those of the fault plan."""

import asyncio
from collections.abc import Callable
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

from lianshen.kernel.clock import day_of
from tests.bench.stack import tree
from tests.faults import calendars, office
from tests.faults.fault import CATALOGUE, WEBS, WORKERS, Run, fault, shift_clock
from tests.faults.site import faketime
from tests.faults.users import Op, User
from tests.year.naive import DAY


async def in_order_and_late(run: Run) -> None:
    """Every rung that fired past its day says so, and those of one deadline fired in the order of their days."""
    unsaid = await run.sql(
        "SELECT count(*) FROM rung WHERE fired_at > duty_now() - interval '5 minutes' "
        "AND late IS DISTINCT FROM (fired_at > planned_at + interval '5 minutes')"
    )
    assert unsaid[0][0] == 0, f"{unsaid[0][0]} fired late without saying so, or in time and said to be late"
    wrong = await run.sql(
        "SELECT count(*) FROM rung a JOIN rung b USING (tenant, deadline, due_on) WHERE a.planned_at < b.planned_at "
        "AND a.fired_at > b.fired_at AND b.fired_at > duty_now() - interval '60 days'"
    )
    assert wrong[0][0] == 0, f"{wrong[0][0]} fired out of order"


@fault("F01", "web killed at random", seconds=6)
async def kill_webs(run: Run) -> None:
    while run.lasts:
        await run.pause(1, 4)
        run.any_of(*WEBS).kill()


@fault("F02", "web killed between COMMIT and reply")
async def kill_after_commit(run: Run) -> None:
    await run.fail_at(WEBS, "unit.after_commit", run.random.randint(4, 12))


@fault("F03", "web killed between last statement and COMMIT")
async def kill_before_commit(run: Run) -> None:
    await run.fail_at(WEBS, "unit.before_commit", run.random.randint(4, 12))


@fault("F04", "webs restarted in turn by SIGTERM")
async def restart_webs(run: Run) -> None:
    for name in WEBS:
        run.site.processes[name].send(SIGTERM)
        await asyncio.sleep(max(4.0, run.seconds / 2))


@fault("F05", "worker killed in the midst of jobs, parent or child", seconds=4)
async def kill_workers(run: Run) -> None:
    while run.lasts:
        await run.pause(0.5, 2)
        worker = run.any_of(*WORKERS)
        if worker.alive:
            worker.send(SIGKILL, pid=run.random.choice(tree(worker.pid)))
    await asyncio.sleep(4)
    deaths = [code for name in WORKERS for code in run.site.processes[name].deaths]
    assert deaths, "a worker's death is heard"
    assert all(deaths), "and is no ordinary end"


@fault("F06", "worker killed before, at, after its effect")
async def kill_at_effect(run: Run) -> None:
    point = run.random.choice(("deliver.begun", "deliver.effect", "deliver.done"))
    await run.fail_at(WORKERS[:1], point, run.random.randint(1, 4))


@fault("F07", "worker and leading scheduler stand still past their leases", seconds=22)
async def stand_still(run: Run) -> None:
    second = run.site.add("scheduler", "scheduler-2")
    still = [run.site.processes["worker-1"], run.site.processes["scheduler"]]
    log = run.site.home / "scheduler-2.log"
    for _ in range(300):  # until it stands by: on a busy machine a process takes its time to begin
        if log.exists() and '"started"' in log.read_text(errors="replace"):
            break
        await asyncio.sleep(0.2)
    before = await run.sql("SELECT token FROM lease")
    for process in still:
        process.send_all(SIGSTOP)
    try:
        await asyncio.sleep(22)
        after = await run.sql("SELECT token FROM lease")
        assert after[0][0] > before[0][0], "nobody took the lead over"
        assert second.alive
    finally:
        for process in still:
            process.send_all(SIGCONT)
        run.site.drop("scheduler-2")


async def enqueue(run: Run, job: str) -> None:
    await run.sql(
        "INSERT INTO outbox (tenant, id, event, job, request_id, state, attempts, created_at) "
        "VALUES ('320723', gen_random_uuid(), gen_random_uuid(), $1, '', 'pending', 0, now())", job)  # fmt: skip


@fault("F08", "a job that kills its worker each time", seconds=5, bound=300)
async def poison(run: Run) -> None:
    await enqueue(run, "poison")
    await run.pause(run.seconds)


@fault("F09", "relay killed between publishing and marking", short=True, seconds=4)
async def kill_relay(run: Run) -> None:
    await run.fail_at(["relay"], "relay.published", run.random.randint(1, 3))


async def terms_of_many_days(run: Run) -> None:
    """Terms of which something is due on each of many days, by the clock of duties."""
    today = (await run.sql("SELECT duty_now()"))[0][0]
    run.seen["projects"] = [await office.in_review(run, day_of(today) + number * DAY) for number in range(3, 11)]


async def each_rung_once(run: Run) -> None:
    """All that was to happen by now has happened, once, in order and with its event."""
    wrong = await office.rungs_amiss(run, run.seen["projects"])
    assert not wrong, f"{len(wrong)}: {'; '.join(wrong[:3])}"
    await in_order_and_late(run)


@fault("F10", "four sweeps and schedulers, one killed each second, while terms fall due", seconds=22, bound=300,
       before=terms_of_many_days, after=each_rung_once)  # fmt: skip
async def kill_sweeps(run: Run) -> None:
    names = [f"{kind}-{number}" for kind in ("sweep", "scheduler") for number in (2, 3, 4)]
    for name in names:
        run.site.add(name.partition("-")[0], name)
    days = asyncio.create_task(_days_pass(run))
    try:
        while run.lasts:
            await run.pause(1)
            run.any_of("sweep", "scheduler", *names).kill()
    finally:
        await days
        for name in names:
            run.site.drop(name)


async def _days_pass(run: Run) -> None:
    """Forty of them, one after the other, as long as the run lasts."""
    for _ in range(40):
        await shift_clock(run, 1)
        await asyncio.sleep(run.seconds / 44)


@fault("F12", "web killed at a step of an upload")
async def kill_upload(run: Run) -> None:
    steps = ("aside", "synced", "named", "row", "promoted")
    await run.fail_at(WEBS, f"upload.{run.random.choice(steps)}", run.random.randint(1, 3))


@fault("F13", "a job blocks the event loop of its worker", seconds=8)
async def stall(run: Run) -> None:
    await enqueue(run, "stall")
    await run.pause(run.seconds)


@fault("F15", "postmaster killed", seconds=6)
async def kill_postmaster(run: Run) -> None:
    for _ in range(max(1, int(run.seconds / 5))):
        await run.pause(0.5, 2)
        run.site.processes["postgres"].kill()
        await run.pause(3)


@fault("F16", "the backend terminated before each statement of a request, one after the other", short=True, seconds=4)
async def terminate_backends(run: Run) -> None:
    user = run.crowd.users[0]
    await walk(run, user, lambda: user.asks("declare"))
    if run.seconds < 4:
        return
    project = await user.ready()
    paper = next(op.paper for op in run.crowd.history.ops if op.kind == "hand_in" and op.project == project)
    await walk(run, user, lambda: user.asks("hand_in", project, paper))
    ready = [project, *[await user.ready() for _ in range(run.seen["statements"] + _AT_ONCE)]]
    await walk(run, user, lambda: user.asks("submit", ready.pop()))


_AT_ONCE, _FEWEST = 4, 8


async def walk(run: Run, user: User, make: Callable[[], Op]) -> None:
    """Terminate the backend before the first statement of a request, before the second of another, and so on, until one
    is answered before it comes so far. Each is asked again at once, and is done then."""

    async def reached(op: Op, nth: int) -> bool:
        answer = await user.send(op, **{"x-terminate-at": str(nth)})
        assert answer is not None, f"nobody answered {op.kind} {nth}"
        if answer.headers["x-terminated"] == "no":
            assert answer.status_code < 300, f"{op.kind}: {op.status} {op.why}"
            return False
        again = await user.send(op)
        assert again is not None, f"nobody answered {op.kind} again"
        assert again.status_code < 300, f"before statement {nth} of {op.kind}, and again: {op.status} {op.why}"
        return True

    walked: list[bool] = []
    while all(walked):
        more = range(len(walked) + 1, len(walked) + 1 + _AT_ONCE)
        walked += await asyncio.gather(*(reached(make(), nth) for nth in more))
    statements = walked.index(False)
    assert statements >= _FEWEST, f"only {statements} statements"
    assert not any(walked[statements:]), f"terminated before {walked}"
    run.seen["statements"] = statements


@fault("F17", "COMMIT itself fails")
async def fail_commits(run: Run) -> None:
    for statement in _FAILING:
        await run.sql(statement)
    try:
        await run.pause(run.seconds)
    finally:
        await run.sql("DROP TRIGGER fail_commit ON event")
        await run.sql("DROP FUNCTION fail_commit()")


_FUNCTION = """
    CREATE OR REPLACE FUNCTION fail_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF random() < 0.4 THEN RAISE EXCEPTION 'rehearsed' USING ERRCODE = '40001'; END IF; RETURN NULL;
    END $$"""
_TRIGGER = """
    CREATE CONSTRAINT TRIGGER fail_commit AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail_commit()"""
_FAILING = (_FUNCTION, "GRANT EXECUTE ON FUNCTION fail_commit() TO PUBLIC", _TRIGGER)


@fault("F27", "Redis killed", seconds=8)
async def kill_redis(run: Run) -> None:
    while run.lasts:
        await run.pause(1, 3)
        run.site.processes["valkey"].kill()


@fault("F28", "Redis emptied", short=True, seconds=4)
async def flush_redis(run: Run) -> None:
    while run.lasts:
        await run.pause(0.3, 1.5)
        await asyncio.to_thread(run.site.redis().flushall)


@fault("F30", "Redis restarted under living workers", seconds=8)
async def restart_redis(run: Run) -> None:
    await run.pause(1, 3)
    before = {name: run.site.processes[name].pid for name in WORKERS}
    run.site.processes["valkey"].send(SIGTERM)
    await run.pause(run.seconds)
    assert before == {name: run.site.processes[name].pid for name in WORKERS}, "workers live on"


@fault("F31", "Redis stands still", seconds=12)
async def hang_redis(run: Run) -> None:
    run.site.processes["valkey"].send(SIGSTOP)
    done = sum(op.outcome == "ok" for op in run.crowd.history.ops)
    try:
        await run.pause(run.seconds)
        assert sum(op.outcome == "ok" for op in run.crowd.history.ops) > done, "nothing could be decided meanwhile"
    finally:
        run.site.processes["valkey"].send(SIGCONT)


@fault("F32", "every message delivered again and again", short=True, seconds=4)
async def repeat_messages(run: Run) -> None:
    while run.lasts:
        await run.pause(0.05, 0.2)
        await run.sql("UPDATE outbox SET next_at = now() WHERE state = 'sent'")


@fault("F33", "a worker's clock is wrong")
async def wrong_worker(run: Run) -> None:
    await run.armed(WORKERS[:1], **faketime(run.random.choice(("+120s", "-1d"))))


@fault("F35", "the reply to COMMIT is lost", short=True, seconds=5)
async def lose_replies(run: Run) -> None:
    while run.lasts:
        run.site.proxy.lose_reply_to = b"COMMIT"
        await run.pause(0.2, 0.6)
    assert run.site.proxy.lost > 0, "no reply was lost"


async def _hastily(run: Run, user: User, longest: float) -> None:
    """Acts that their client gives up on."""
    while run.lasts:
        task = asyncio.create_task(user.act())
        await asyncio.wait([task], timeout=run.random.uniform(0, longest))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@fault("F38", "clients disconnect at random", short=True, seconds=4)
async def disconnect(run: Run) -> None:
    await asyncio.gather(*(_hastily(run, user, 0.15) for user in run.crowd.users))


@fault("F39", "double and triple clicks, two tabs", short=True, seconds=4)
async def click_thrice(run: Run) -> None:
    while run.lasts:
        user = run.random.choice(run.crowd.users)
        before = len(run.crowd.history.ops)
        await user.act()
        for op in run.crowd.history.ops[before:]:
            if op.user == user.account.login and op.tenant == user.tenant and op.outcome == "ok":
                first = op.said
                answers = await asyncio.gather(*(user.send(op) for _ in range(3)))
                unlike = [one.text for one in answers if one is not None and one.json() != first]
                assert unlike == [], f"{op.kind} was answered {first}, then {unlike[0]}"


@fault("F40", "a thousand cancelled requests", seconds=10)
async def cancel_many(run: Run) -> None:
    await asyncio.gather(*(_hastily(run, user, 0.02) for user in run.crowd.users for _ in range(4)))


@fault("F51", "clocks of worker, sweep and scheduler an hour off")
async def wrong_clocks(run: Run) -> None:
    await run.armed(("worker-2", "sweep", "scheduler"), **faketime(run.random.choice(("+1h", "-1h"))))


@fault("F52", "the database's clock goes back ten minutes", seconds=12)
async def clock_back(run: Run) -> None:
    await run.armed(["postgres"], **faketime("-10m"))


@fault("F55", "three days offline", seconds=8, bound=600, after=in_order_and_late)
async def offline(run: Run) -> None:
    gone = [run.site.processes[name] for name in ("sweep", "scheduler", "relay", *WORKERS)]
    for process in gone:
        process.kept = False
        process.kill()
    try:
        await shift_clock(run, 3)
        await run.pause(run.seconds)
    finally:
        for process in gone:
            process.kept = True


@fault("F56", "the tenant is lost in the midst of a request", seconds=4)
async def forget(run: Run) -> None:
    await run.armed(WEBS, FORGET=str(run.random.randint(2, 7)))


CATALOGUE.sort(key=lambda one: one.code)
__all__ = ["CATALOGUE", "calendars"]  # which enters its own
