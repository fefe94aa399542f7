"""What acts do to terms that run: pause, let go on, begin anew, lengthen, release; and how far a term may be extended.

None of the five texts says all of it, so that a county is given a law that does; the acts are real.
"""

import pytest

from lianshen.projects import commands
from lianshen.projects._terms import NotExtendable
from tests.support.successor import NEW, both, successor
from tests.walk.driver import LEAD, UNIT, Driver

_TURN = """\
  - action: {action}
    label: 调整修改期限
    tone: neutral
    permission: reviews.convene
    by: [county_data_bureau]
    duty: review
    when: at_revision
    {does}
    clause: GY-98-1

"""
_TURNS = {"halt": "pauses: [revise]", "go_on": "resumes: [revise]", "begin_anew": "restarts: [revise]",
          "give_more": "extends: {revise: more}", "let_off": "waives: [revise]"}  # fmt: skip
_ACTS = "".join(_TURN.format(action=action, does=does) for action, does in _TURNS.items())
_FIRST = "  - action: return_with_remarks\n"
_MORE = """\
parameters:
  more: {value: 3, unit: working_day, text: 3个工作日, clause: GY-98-1}
  in_all: {value: 4, unit: working_day, text: 4个工作日, clause: GY-98-1}
  at_most: {value: 2, unit: count, text: 2次, clause: GY-98-1}
"""
_CLAUSES = """\
clauses:
  GY-98-1: {article: 第九十八条, quotation: 可以延长3个工作日，累计不超过4个工作日，以2次为限}
"""
_EXTENSION = "    extension: {by: [county_data_bureau], most: in_all, times: at_most, clause: GY-98-1}\n"
_OWN = "    clause: GY-15-11\n"
EDITS = (
    ("actions.yaml", _FIRST, _ACTS + _FIRST),
    ("clauses.yaml", "clauses:\n", _CLAUSES),
    ("parameters.yaml", "parameters:\n", _MORE),
    ("clocks.yaml", _OWN, _EXTENSION + _OWN),
)


@pytest.fixture(scope="module")
def turning(tmp_path_factory):
    home = tmp_path_factory.mktemp("law")
    successor(home, *EDITS)
    return both(home)


@pytest.fixture
async def drive(work, staff, turning, tmp_path):
    """A project whose ten working days for revising began on a Monday, in a year whose holidays nobody knows yet."""
    made = Driver(work, staff, turning, tmp_path)
    made.at("2098-03-03")
    await made.to_joint_review("2098-03-14", "700000")
    made.at("2098-03-17")
    await made.act(LEAD, "return_with_remarks", remarks="请补充。")
    assert await last_day(made) == ("open", "2098-03-31")
    return made


async def term(drive):
    desk = await drive.desk(UNIT)
    assert desk.project.pack == NEW
    (found,) = [one for one in desk.project.deadlines if one.clock == "revise"]
    return found


async def last_day(drive) -> tuple[str, str]:
    found = await term(drive)
    return found.state, f"{found.due_on}"


async def extend(drive, until: str) -> None:
    actor = await drive.actor(LEAD)
    which = (await term(drive)).id
    async with drive._work() as uow:
        await uow.enter(actor.tenant)
        said = {"until": until, "reason": "案情复杂"}
        await commands.extend(uow, actor, drive._law, drive.project, which, said)
        await uow.commit()


async def test_it_is_paused_and_goes_on(drive):
    drive.at("2098-03-19")
    await drive.act(LEAD, "halt")
    assert (await term(drive)).state == "paused"
    drive.at("2098-03-26")
    await drive.act(LEAD, "go_on")
    assert await last_day(drive) == ("open", "2098-04-07")  # five working days later


async def test_it_begins_anew_and_what_was_given_before_is_gone(drive):
    await drive.act(LEAD, "give_more")
    assert await last_day(drive) == ("open", "2098-04-03")
    drive.at("2098-03-19")
    await drive.act(LEAD, "begin_anew")
    assert await last_day(drive) == ("open", "2098-04-02")


async def test_it_is_lengthened_as_often_as_somebody_acts(drive):
    for today, day in (("2098-03-18", "2098-04-03"), ("2098-03-19", "2098-04-08")):
        drive.at(today)
        await drive.act(LEAD, "give_more")
        assert await last_day(drive) == ("open", day)


async def test_it_is_let_off_and_owed_by_nobody(drive):
    await drive.act(LEAD, "let_off")
    assert (await term(drive)).state == "waived"


async def test_it_is_extended_by_hand_so_often_and_so_far(drive):
    with pytest.raises(NotExtendable) as refused:
        await extend(drive, "2098-04-07")
    (why,) = refused.value.items
    assert (why.code, why.article) == ("most", "第九十八条")
    assert "2098-04-04" in why.message
    assert await last_day(drive) == ("open", "2098-03-31")
    for today, until in (("2098-03-18", "2098-04-02"), ("2098-03-19", "2098-04-04")):
        drive.at(today)
        await extend(drive, until)
        assert await last_day(drive) == ("open", until)
    with pytest.raises(NotExtendable) as refused:
        await extend(drive, "2098-04-04")
    (why,) = refused.value.items
    assert why.code == "times"
