"""The packs and the calendar, read once for all tests of this folder."""

from datetime import date
from functools import cache
from pathlib import Path

from lianshen.rules.queries import Pack, Registry, Vocabulary, assess, enact, load_pack, load_vocabulary, read_inputs
from lianshen.rules.types import Action, ClockStart, Facts, FactValue, Outcome
from lianshen.workcalendar.queries import Calendar, due_date, load_calendar

ROOT = Path(__file__).parents[2]
TENANTS = ROOT / "tenants"
BESIDE = ROOT.parent / "shared"
"""The texts and the oracle cases, which lie beside a checkout of the team and not in the repository."""
GUANYUN = TENANTS / "320723-guanyun" / "pack-2025-09-06"
ON = date(2025, 11, 5)
YUAN = 100


@cache
def vocabulary() -> Vocabulary:
    return load_vocabulary(TENANTS / "_vocabulary")


@cache
def guanyun() -> Pack:
    return load_pack(GUANYUN, vocabulary(), calendar())


@cache
def calendar() -> Calendar:
    return load_calendar(TENANTS / "_calendar")


def declaration(budget: str, **more: str) -> dict[str, FactValue]:
    """The facts of an ordinary new build in Guanyun, typed into its form."""
    typed = {
        "title": "教育数据平台",
        "summary": "汇聚全县教育数据。",
        "unit": "county_department",
        "submitted_via": "industry_department",
        "kind": "new_build",
        "meets_gbt_40692": "on",
        "lead_department": "on",
        "funding": "fiscal",
        "project_budget": budget,
        "total_investment": budget,
        "budget_secured": "on",
        "hosting": "city_government_cloud",
        "has_data_sharing_chapter": "on",
        "has_security_section": "on",
        "in_approved_plan": "on",
        "in_annual_plan": "on",
    }
    facts, errors = read_inputs(guanyun().intake, typed | more)
    assert not errors
    return facts


class Project:
    """A project of Guanyun that is walked through its actions, purely."""

    def __init__(self, facts: Facts, on: date = ON) -> None:
        self.facts, self.on = dict(facts), on

    @property
    def phase(self) -> str:
        return assess(guanyun(), self.facts, "", self.on).phase

    def action(self, code: str) -> Action:
        return next(a for a in assess(guanyun(), self.facts, "", self.on).actions if a.code == code)

    def open(self) -> set[str]:
        return {action.code for action in assess(guanyun(), self.facts, "", self.on).actions if action.open}

    def reasons(self, code: str) -> set[str]:
        return {reason.code for reason in self.action(code).reasons}

    def hand_in(self, *papers: str) -> None:
        before = self.facts.get("documents", ())
        assert isinstance(before, tuple)
        self.facts["documents"] = (*before, *papers)

    def do(self, code: str, by: str = "", **typed: str) -> Outcome:
        """Do an action that is open, as its form was filled in."""
        action = self.action(code)
        assert action.open, (code, self.phase, [reason.label for reason in action.reasons])
        inputs, errors = read_inputs(action.form, typed, on=self.on)
        assert not errors, errors
        outcome = enact(guanyun(), self.facts, code, inputs, self.on, by=by)
        self.facts = dict(outcome.facts)
        return outcome


@cache
def packs() -> tuple[Pack, ...]:
    """Every pack that is shipped, and the invented one."""
    shipped = Registry(TENANTS, calendar(), TENANTS / "_vocabulary").packs()
    return (*shipped, *Registry(TENANTS / "_example", calendar(), TENANTS / "_vocabulary").packs())


def due_of(begun: ClockStart) -> date:
    """The last day in time of a clock that has begun."""
    clock = begun.clock
    counting = (clock.budget or 0, clock.unit, clock.first_day, clock.rolling)
    return due_date(calendar(), begun.trigger_on, *counting).on
