"""A year in seconds: the law of all jurisdictions and the ledger, against the model that walks from day to day."""

from collections import Counter
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from lianshen.kernel.settings import Settings
from lianshen.workcalendar.queries import load_calendar
from tests.rules.law import packs
from tests.year import naive, pure, scenario

FOLDER = Settings().tenants_dir / "_calendar"
DAYS = 457
"""From October over the next year: the notice for it comes in between."""


def lived(seed: int, projects: int, bare: int, days: int = DAYS) -> tuple[pure.Year, list[str]]:
    known = scenario.calendars(FOLDER, seed, 1)
    year = pure.Year(shipped(), known, seed, projects=projects, bare=bare, days=days)
    year.run()
    return year, list(pure.verified(year, known))


def shipped():
    return [pack for pack in packs() if pack.ref[:2] != "99"]


@pytest.mark.demand("D212", "D61", "D69", "D63", "D64")
@pytest.mark.parametrize("seed", [1])
def test_nothing_is_missed_doubled_or_early_and_what_is_late_says_so(seed):
    year, wrong = lived(seed, projects=60, bare=200)
    assert wrong == [], "\n".join([*wrong[:3], f"{len(wrong)} in all; again: make soak SEED={seed}"])
    rows = [(sim.pack.ref[:6] if sim.pack else "", row) for sim in year.sims for row in sim.rows]
    kinds = Counter(one.kind for _, row in rows for one in row.entries)
    assert (
        min(kinds[kind] for kind in ("paused", "resumed", "extended", "restarted", "recounted", "expired", "met")) > 5
    )
    assert {place for place, _ in rows} == {"", *(pack.ref[:6] for pack in shipped())}
    assert sum(one.late for _, row in rows for one in row.fired) > 20
    assert year.crashes
    assert year.down
    assert any(sim.consequences for sim in year.sims if sim.pack)


def test_the_same_seed_is_the_same_year():
    one, other = (lived(5, projects=5, bare=10, days=200)[0] for _ in range(2))
    assert [sim.rows for sim in one.sims] == [sim.rows for sim in other.sims]


def _a_day_early(monkeypatch):
    monkeypatch.setattr(pure.Calendar, "after", _shifted(pure.Calendar.after))


def _shifted(after):
    return lambda self, day, count: after(self, day, count) - timedelta(days=count > 4)


def _doubled(monkeypatch):
    whole = pure.Year._fire

    def twice(year, sim, row, *given):
        whole(year, sim, row, *given)
        row.fired += row.fired[-1:]

    monkeypatch.setattr(pure.Year, "_fire", twice)


def _missed(monkeypatch):
    found = pure.outstanding
    monkeypatch.setattr(pure, "outstanding", lambda *given: tuple(one for one in found(*given) if one.rung != "head"))


def _never_late(monkeypatch):
    whole = pure.Year._fire

    def silent(year, sim, row, *given):
        whole(year, sim, row, *given)
        row.fired = [replace(one, late=False) for one in row.fired]

    monkeypatch.setattr(pure.Year, "_fire", silent)


@pytest.mark.demand("D209")
@pytest.mark.parametrize("damage", [_a_day_early, _doubled, _missed, _never_late])
def test_the_model_notices(damage, monkeypatch):
    damage(monkeypatch)
    _, wrong = lived(2, projects=0, bare=40, days=300)
    assert wrong
    assert all(one.startswith("seed 2, project ") for one in wrong)


def test_the_model_reads_the_year_files_as_the_product_does():
    days, calendar = naive.published(FOLDER, 2026), load_calendar(FOLDER)
    every = [date(2020, 1, 1) + timedelta(days=number) for number in range(2557)]
    assert [day for day in every if days.works(day) != calendar.works(day)] == []
