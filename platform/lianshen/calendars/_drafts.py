"""From what somebody typed to the edition that would be published: pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from lianshen.calendars._messages import text as say
from lianshen.calendars.types import Effect
from lianshen.kernel.errors import Invalid, Item
from lianshen.kernel.messages import text
from lianshen.workcalendar.queries import CalendarError, Edition, read_days, read_notice, read_year
from lianshen.workcalendar.types import Day, Kind, Notice

_EFFECTS: tuple[Effect, ...] = ("off", "still", "lifted")


def year_of_nation(source: str) -> Edition:
    """A year's file, or the words of the notice. Raises Invalid with every contradiction beside ``source``."""
    if source.lstrip().startswith(("year:", "#")):
        year = next((line[5:].strip() for line in source.splitlines() if line.startswith("year:")), "")
        try:
            return read_year(Path(f"cn-{year}.yaml"), source.encode())
        except CalendarError as error:
            raise Invalid((Item("calendar_file", str(error), "source"),)) from error
    found = read_notice(source)
    if isinstance(found, Edition):
        return found
    raise Invalid(tuple(Item("calendar_notice", _said(one.where, one.message), "source", one.remedy) for one in found))


def _said(where: str, message: str) -> str:
    return f"{where}：{message}" if where else message


def of_area(area: str, kind: Kind, typed: Mapping[str, str], present: Sequence[Edition]) -> Edition:
    """Local days or an emergency: what is typed, put together with what is in force of that year. Raises Invalid."""
    items = [
        Item("required", text("field.required"), name)
        for name in ("notice_title", "notice_number")
        if not typed.get(name, "").strip()
    ]
    published, year = _day(typed.get("notice_published", "")), _year(typed.get("year", ""))
    items += [Item("date", text("field.day"), "notice_published")] if published is None else []
    items += [Item("number", say("year_shape"), "year")] if year is None else []
    effect = typed.get("effect", "off") if kind == "emergency" else "off"
    if effect not in _EFFECTS:
        items.append(Item("choice", say("effect"), "effect"))
    if items or published is None or year is None:
        raise Invalid(tuple(items))
    notice = Notice(typed["notice_title"].strip(), typed["notice_number"].strip(), published)
    days = read_days(typed.get("source", ""), year, notice.number, stands_still=effect == "still")
    if isinstance(days, list):
        raise Invalid(tuple(Item("calendar_days", _said(one.where, one.message), "source", one.remedy) for one in days))
    before = next((one for one in present if (one.area, one.kind, one.year) == (area, kind, year)), None)
    notices = (notice, *(one for one in (before.notices if before else ()) if one.number != notice.number))
    if kind == "emergency":
        kept = {day.on: day for day in (before.days if before else ())}
        kept = _lifted(kept, days) if effect == "lifted" else kept | {day.on: day for day in days}
        days = tuple(kept[on] for on in sorted(kept))
    return Edition(area=area, kind=kind, year=year, notices=notices, days=days)


def _lifted(kept: dict[date, Day], days: Sequence[Day]) -> dict[date, Day]:
    if strange := [day.on for day in days if day.on not in kept]:
        raise Invalid((Item("calendar_days", say("not_stopped", day=strange[0]), "source"),))
    return {on: day for on, day in kept.items() if on not in {day.on for day in days}}


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _year(said: str) -> int | None:
    return int(said) if said.isdecimal() and len(said) == 4 else None
