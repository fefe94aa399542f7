"""Drives projects through the commands, as people of Guanyun, at times of the test's choosing."""

import io
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

from lianshen import wiring
from lianshen.identity.types import Actor
from lianshen.kernel.clock import SHANGHAI
from lianshen.projects import commands, queries
from lianshen.projects.types import ActDone, Desk
from lianshen.reviews import queries as reviews
from lianshen.rules.queries import Law

PDF = b"%PDF-1.7\n% a paper\n"
UNIT = ("县教育局", "applicant")
LEAD = ("县数据局", "lead_officer")
FINANCE = ("县财政局", "co_reviewer")
ESTIMATES = ("县财政局", "estimate_reviewer")
REFORM = ("县发改委", "co_reviewer")
CYBER = ("县委网信办", "co_reviewer")
APPROVER = ("县发改委", "approver")


def instant(day: str) -> datetime:
    """Nine in the morning of ``day`` in Shanghai."""
    return datetime.combine(date.fromisoformat(day), time(9), SHANGHAI).astimezone(UTC)


class Upload:
    """A file as a browser would hand it over."""

    def __init__(self, body: bytes = PDF, filename: str = "材料.pdf") -> None:
        self.filename = filename
        self._body = io.BytesIO(body)

    async def read(self, size: int = -1) -> bytes:
        return self._body.read(size)


def form(budget: str, **more: str) -> dict[str, str]:
    """What a unit types for an ordinary new build."""
    typed = {
        "title": "教育数据平台",
        "summary": "汇聚全县教育数据。",
        "unit": "county_department",
        "submitted_via": "industry_department",
        "kind": "new_build",
        "meets_gbt_40692": "true",
        "funding": "fiscal",
        "project_budget": budget,
        "total_investment": budget,
        "budget_secured": "true",
        "hosting": "city_government_cloud",
        "generates_public_data": "true",
        "has_data_sharing_chapter": "true",
        "has_security_section": "true",
        "in_approved_plan": "true",
        "in_annual_plan": "true",
    }
    return typed | more


class Driver:
    """One project of Guanyun."""

    def __init__(self, work: Any, staff: Any, law: Law, files: Path, unit: tuple[str, str] = UNIT) -> None:
        self.unit = unit
        self._work, self._staff, self._law, self._files = work, staff, law, files
        self.project: UUID

    def at(self, day: str) -> None:
        self._work.now = instant(day)

    async def actor(self, who: tuple[str, str]) -> Actor:
        found: Actor = await self._staff.actor(self._staff.find(*who))
        return found

    async def declare(self, budget: str, **more: str) -> ActDone:
        actor = await self.actor(self.unit)
        async with self._work() as uow:
            await uow.enter(actor.tenant)
            done = await commands.declare(uow, actor, self._law, form(budget, **more))
            await uow.commit()
        self.project = done.project
        return done

    async def act(self, who: tuple[str, str], action: str, **inputs: str) -> ActDone:
        actor = await self.actor(who)
        async with self._work() as uow:
            await uow.enter(actor.tenant)
            done = await commands.perform(uow, actor, self._law, self.project, action, inputs, effects=wiring.EFFECTS)
            await uow.commit()
        return done

    async def hand_in(self, who: tuple[str, str], *papers: str) -> None:
        actor = await self.actor(who)
        for paper in papers:
            async with self._work() as uow:
                await uow.enter(actor.tenant)
                await commands.attach(
                    uow, actor, self._law, self.project, paper, Upload(), root=self._files, limit=1_000_000
                )
                await uow.commit()

    async def desk(self, who: tuple[str, str]) -> Desk:
        actor = await self.actor(who)
        async with self._work(read_only=True) as uow:
            await uow.enter(actor.tenant)
            return await queries.desk(uow, actor, self._law, self.project)

    async def hand_in_all(self) -> None:
        """Everything the law asks of the unit now."""
        desk = await self.desk(self.unit)
        await self.hand_in(self.unit, *(slot.code for slot in desk.papers if slot.may_upload and not slot.versions))

    async def submit(self, budget: str, **more: str) -> ActDone:
        """Declare, hand in what is asked for, and submit."""
        await self.declare(budget, **more)
        await self.hand_in_all()
        return await self.act(self.unit, "submit")

    async def to_joint_review(self, opinions_due_on: str, budget: str, **more: str) -> ActDone:
        """The same, passed by the pre-review and put to the joint review, whose opinions are due on that day."""
        await self.submit(budget, **more)
        await self.act(LEAD, "pass_pre_review")
        return await self.act(LEAD, "open_joint_review", opinions_due_on=opinions_due_on)

    async def missing(self, who: tuple[str, str], action: str) -> list[str]:
        """What is said to be missing for ``action``."""
        return [reason.label for one in (await self.desk(who)).actions if one.code == action for reason in one.reasons]

    async def answered(self) -> str:
        actor = await self.actor(LEAD)
        async with self._work(read_only=True) as uow:
            await uow.enter(actor.tenant)
            rounds = await reviews.rounds(uow, self.project)
        return f"{rounds[0].answered}/{len(rounds[0].opinions)}"

    async def open_actions(self, who: tuple[str, str]) -> set[str]:
        return {action.code for action in (await self.desk(who)).actions if action.open}


def reasons(desk: Desk, action: str) -> set[str]:
    """Why ``action`` is not open."""
    return {reason.code for one in desk.actions if one.code == action for reason in one.reasons}
