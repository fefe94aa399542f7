"""Reading calendars: one file a year, each day under the State Council's notice that decided it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec

from lianshen.kernel.json_schema import schema_of
from lianshen.kernel.messages import text
from lianshen.kernel.strict_yaml import Document, Spot, StrictYamlError, parse, spot_of
from lianshen.workcalendar._calendar import Calendar
from lianshen.workcalendar._made import calendar_from
from lianshen.workcalendar.types import NATION, Day, Edition, Notice

_PREFIX = "cn-"

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class CalendarError(Exception):
    """A calendar file is wrong; the message holds file, line, fault and remedy, in Chinese."""

    def __init__(self, path: Path, line: int, fault: str, remedy: str) -> None:
        super().__init__(f"{path}:{line}: {fault}；{remedy}")
        self.path, self.line = path, line


_NOTES = {
    "year": ("年份，与文件名一致", "The year, as in the name of the file"),
    "notices": ("国务院办公厅的放假通知", "The notices of the State Council that decided the days"),
    "_Year.holidays": ("各节日", "The holidays"),
    "title": ("标题", "Its title"),
    "number": ("文号", "The number under which it was issued"),
    "published": ("公布日期", "The day on which it was published"),
    "name": ("节日名称", "The name of the holiday"),
    "off": ("放假的日子：MM-DD 或 MM-DD..MM-DD", "Days off: MM-DD or MM-DD..MM-DD"),
    "worked": ("调休上班的周末：MM-DD", "Weekend days that are worked instead: MM-DD"),
    "notice": ("依据的通知文号，缺省为第一个", "The number of the notice that decided it, else the first"),
}


class _Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: _Text
    number: _Text
    published: date


class _Holiday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: _Text
    off: list[str]
    worked: list[str] = []
    notice: str = ""


class _Year(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    year: int
    notices: Annotated[list[_Notice], msgspec.Meta(min_length=1)]
    holidays: list[_Holiday]


class _File:
    def __init__(self, path: Path, raw: bytes) -> None:
        self.path = path
        try:
            self._document: Document = parse(path, raw)
            self.year = msgspec.convert(self._document.data, _Year)
        except StrictYamlError as error:
            raise CalendarError(path, error.line, f"文件无法读取（{error.problem}）", "修改该行") from error
        except msgspec.ValidationError as error:
            raise self._error(spot_of(error), f"内容不符合格式（{error}）", "对照其他年份的文件修改") from error
        if path.stem != f"{_PREFIX}{self.year.year}":
            raise self._error(("year",), "年份与文件名不一致", f"文件应命名为 {_PREFIX}{self.year.year}.yaml")

    def edition(self) -> Edition:
        """What the file says, as it is published."""
        notices = tuple(Notice(one.title, one.number, one.published) for one in self.year.notices)
        days = tuple(sorted(self._all_days(), key=lambda day: day.on))
        return Edition(area=NATION, kind="year", year=self.year.year, notices=notices, days=days)

    def _all_days(self) -> Iterator[Day]:
        known = {notice.number for notice in self.year.notices}
        seen: set[date] = set()
        for place, holiday in enumerate(self.year.holidays):
            source = holiday.notice or self.year.notices[0].number
            if source not in known:
                raise self._error(("holidays", place, "notice"), f"未登记的通知“{source}”", "先在 notices 中登记该通知")
            for key, entries in (("off", holiday.off), ("worked", holiday.worked)):
                spot, works = ("holidays", place, key), key == "worked"
                label = text("day.made_up" if works else "day.off", holiday=holiday.name)
                for day in (day for entry in entries for day in self._days(spot, entry)):
                    if day in seen:
                        raise self._error(spot, f"{day} 重复", "每一天只能出现一次")
                    if works and day.weekday() < 5:
                        raise self._error(spot, f"{day} 不是周末", "调休上班只能是周六或周日")
                    seen.add(day)
                    yield Day(day, works, label, source)

    def _days(self, spot: Spot, entry: str) -> Iterator[date]:
        """One day ``MM-DD``, or a range ``MM-DD..MM-DD``."""
        first, dots, last = entry.partition("..")
        days = [f"{self.year.year}-{part}" for part in (first, last if dots else first)]
        try:
            begin, end = msgspec.convert(days, list[date])
        except msgspec.ValidationError:
            raise self._error(spot, f"无法识别的日期“{entry}”", "写成 MM-DD 或 MM-DD..MM-DD") from None
        if end < begin:
            raise self._error(spot, f"日期范围“{entry}”前后颠倒", "前一个日期应早于后一个")
        yield from (begin + timedelta(days=offset) for offset in range((end - begin).days + 1))

    def _error(self, spot: Spot, fault: str, remedy: str) -> CalendarError:
        return CalendarError(self.path, self._document.line(spot), fault, remedy)


def calendar_schema() -> dict[str, Any]:
    """JSON Schema of a year's file."""
    return schema_of(_Year, "工作日历 / working days of a year", _NOTES)


def read_year(path: Path, raw: bytes) -> Edition:
    """A year's file, named ``cn-<year>.yaml``, from what stands in it. Raises CalendarError."""
    return _File(path, raw).edition()


def shipped_years(folder: Path) -> list[Edition]:
    """All year files in ``folder``, which must follow each other. Raises CalendarError."""
    paths = sorted(folder.glob(f"{_PREFIX}*.yaml"))
    if not paths:
        raise CalendarError(folder, 1, "没有日历文件", f"放入 {_PREFIX}<年份>.yaml")
    found = [read_year(path, path.read_bytes()) for path in paths]
    years = [edition.year for edition in found]
    if years != list(range(years[0], years[-1] + 1)):
        raise CalendarError(folder, 1, "年份不连续", "补上缺少的年份文件")
    return found


def load_calendar(folder: Path) -> Calendar:
    """The calendar of all year files in ``folder``, which must follow each other. Raises CalendarError."""
    return calendar_from(shipped_years(folder))
