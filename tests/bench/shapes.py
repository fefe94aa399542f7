"""The histories that a county's projects have: each is walked through the product's own commands, by the demo's people.

What is walked here a few times is multiplied by ``seed``: every row was first written by the product itself.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from lianshen.deadlines import queries as deadlines
from lianshen.projects import commands
from lianshen.rules.queries import Law
from tests.walk.driver import APPROVER, CYBER, FINANCE, LEAD, REFORM, UNIT, Driver

Walk = Callable[["Walker", date], Awaitable[None]]


class Walker(Driver):
    """Drives one project of the demo's Guanyun; ``sweeping`` opens units of work as the sweep's role."""

    def __init__(self, work: Any, staff: Any, law: Law, files: Path, sweeping: Any) -> None:
        super().__init__(work, staff, law, files)
        self._sweeping = sweeping

    async def note_expired(self) -> None:
        """What the sweep does with each deadline that has passed."""
        tenant = (await self.actor(LEAD)).tenant
        async with self._sweeping() as uow:
            await uow.enter(tenant)
            mine = [item.id for item in await deadlines.of_project(uow, self.project)]
            await commands.sweep(uow, self._law, limit=len(mine), only=mine)
            await uow.commit()

    def on(self, first: date, day: int) -> str:
        """Go to ``day`` days after ``first``; the day, in ISO form."""
        at = (first + timedelta(days=day)).isoformat()
        self.at(at)
        return at


async def draft(walk: Walker, first: date) -> None:
    walk.on(first, 0)
    await walk.declare("620000.00")


async def filed(walk: Walker, first: date) -> None:
    walk.on(first, 0)
    await walk.declare("480000.00")
    await walk.hand_in_all()
    walk.on(first, 1)
    await walk.act(UNIT, "submit")
    walk.on(first, 3)
    await walk.act(LEAD, "accept_filing", filing_number="灌数备〔2026〕1号")


async def waiting(walk: Walker, first: date) -> None:
    """Joint review heard: two gave their opinion, the third let its day pass. It can now be returned with remarks."""
    await _declared(walk, first)
    await _joint_review(walk, first, 2, REFORM, FINANCE)


async def returned(walk: Walker, first: date) -> None:
    """Returned for revision, and the unit's ten working days run."""
    await waiting(walk, first)
    walk.on(first, 10)
    await walk.act(LEAD, "return_with_remarks", remarks="请完善接口设计，补充数据共享清单。")


async def abandoned_by_some(walk: Walker, first: date) -> None:
    """Nobody answered in time and the convenor concluded."""
    await _declared(walk, first)
    await _joint_review(walk, first, 2)
    walk.on(first, 10)
    await walk.act(LEAD, "conclude_joint_review", remarks="逾期未反馈，视为无意见。")


async def contracted(walk: Walker, first: date) -> None:
    await _declared(walk, first)
    await _joint_review(walk, first, 2, REFORM, CYBER)
    walk.on(first, 10)
    await walk.act(LEAD, "conclude_joint_review", remarks="通过。")
    await _to_contract(walk, first, 15)


async def laborious(walk: Walker, first: date) -> None:
    """Failed once, applied for anew, returned for revision, approved, contracted."""
    await _declared(walk, first)
    await _joint_review(walk, first, 2)
    walk.on(first, 10)
    await walk.act(LEAD, "fail_joint_review", reason="必要性论证不足，请补充论证后重新申报。")
    walk.on(first, 20)
    await walk.act(UNIT, "submit")
    await _joint_review(walk, first, 21, FINANCE)
    walk.on(first, 30)
    await walk.act(LEAD, "return_with_remarks", remarks="请完善接口设计。")
    walk.on(first, 35)
    await walk.act(UNIT, "submit_revision", remarks="已修改。")
    walk.on(first, 37)
    await walk.act(LEAD, "pass_recheck")
    await _to_contract(walk, first, 40)


async def _declared(walk: Walker, first: date) -> None:
    walk.on(first, 0)
    await walk.declare("700000.00")
    await walk.hand_in_all()
    walk.on(first, 1)
    await walk.act(UNIT, "submit")


async def _joint_review(walk: Walker, first: date, day: int, *heard: tuple[str, str]) -> None:
    """Pre-review and joint review from ``day``; those not ``heard`` let their day pass."""
    walk.on(first, day)
    await walk.act(LEAD, "pass_pre_review")
    due = (first + timedelta(days=day + 6)).isoformat()
    await walk.act(LEAD, "open_joint_review", opinions_due_on=due)
    walk.on(first, day + 3)
    for who in heard:
        await walk.act(who, "give_opinion", verdict="agree_with_remarks", remarks="请补充数据共享清单。")
    walk.on(first, day + 7)
    await walk.note_expired()


async def _to_contract(walk: Walker, first: date, day: int) -> None:
    walk.on(first, day)
    await walk.act(APPROVER, "approve", approval_number="灌发改〔2026〕1号", approved_amount="698000.00")
    signed = walk.on(first, day + 5)
    given = {"contracts_signed_on": signed, "contract_amount": "690000.00", "winning_bidder": "中标单位"}
    await walk.act(UNIT, "record_signing", **given)
    await walk.hand_in(UNIT, "contract", "price_list")
    walk.on(first, day + 8)
    await walk.act(UNIT, "file_contract")
    walk.on(first, day + 9)
    await walk.act(LEAD, "accept_contract_filing")


class Shape(NamedTuple):
    """``places``: the numbers that its projects have within their county; ``ago``: days since each copy's first day."""

    name: str
    walk: Walk
    places: range
    ago: tuple[int, ...]


_LONG_AGO = (90, 130, 170, 210, 250, 280)
SHAPES = (
    Shape("waiting", waiting, range(150), (14, 17, 20)),
    Shape("due", returned, range(150, 200), (40, 44, 47)),
    Shape("draft", draft, range(200, 230), (1, 5, 9)),
    Shape("revising", returned, range(230, 260), (11, 12, 13)),
    Shape("filed", filed, range(260, 360), _LONG_AGO),
    Shape("silent", abandoned_by_some, range(360, 460), _LONG_AGO),
    Shape("contracted", contracted, range(460, 640), _LONG_AGO),
    Shape("laborious", laborious, range(640, 1000), _LONG_AGO),
)


async def walked(walker: Callable[[], Walker], today: date) -> list[list[UUID]]:
    """For every shape the demo's projects that show it, one for each of its first days."""
    found: list[list[UUID]] = []
    for shape in SHAPES:
        found.append([])
        for ago in shape.ago:
            walk = walker()
            await shape.walk(walk, today - timedelta(days=ago))
            found[-1].append(walk.project)
    return found
