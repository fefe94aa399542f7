"""Reading a notice of the State Council as it is published, and refusing one that contradicts itself or its days."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from lianshen.kernel.messages import text
from lianshen.workcalendar import _messages
from lianshen.workcalendar.types import NATION, Day, Edition, Notice

_DAY = timedelta(days=1)
_FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
_WEEK = "一二三四五六日"
_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?(?: +(上班))? +(\S.{0,39})")
_LONGEST = 60
_SPACES = re.compile(r"[ \t\u3000\u00a0]+")
_TITLE = re.compile(r"关于\s*(\d{4})年\s*部分节假日安排的\s*通知")
_NUMBER = re.compile(r"[\u4e00-\u9fff]{2,10}[〔\[(（]\d{4}[〕\])）]\d+号")
_PUBLISHED = re.compile(r"^(\d{4})年(\d{1,2})月(\d{1,2})日$", re.MULTILINE)
_PARAGRAPH = re.compile(r"^[一二三四五六七八九十]+、([^：:]{2,12})[：:](.+)$", re.MULTILINE)
_DATE = r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:[（(]([^）)]*)[）)])?"
_SPAN = re.compile(rf"{_DATE}(?:至{_DATE})?")
_COUNT = re.compile(r"(?:共|放假)(\d+)天")
_STATED = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")


class Contradiction(msgspec.Struct, frozen=True):
    """What of a notice cannot be: in which paragraph, what is wrong, and what to do; Chinese."""

    where: str
    message: str
    remedy: str


class _Wrong(Exception):
    def __init__(self, code: str, **values: object) -> None:
        self.code, self.values = code, values
        super().__init__(code)


def read_notice(said: str) -> Edition | list[Contradiction]:
    """The days that the words of a notice decide, or all that is wrong with them.

    Every day of the week that it states, every count of days, and every make-up day is held against the calendar.
    """
    plain = _SPACES.sub("", "\n".join(said.splitlines()).translate(str.maketrans("０１２３４５６７８９", "0123456789")))
    faults = [_told("", code) for code, pattern in _HEAD.items() if pattern.search(plain) is None]
    paragraphs = _PARAGRAPH.findall(plain)
    named = "".join(name for name, _ in paragraphs)
    faults += [_told("", "festival", name=name) for name in _FESTIVALS if name not in named]
    title, number, published = (pattern.search(plain) for pattern in _HEAD.values())
    if title is None or number is None or published is None:
        return faults
    year, source = int(title[1]), number[0]
    days: dict[date, Day] = {}
    for name, rest in paragraphs:
        try:
            for day in _paragraph(year, name, rest, source):
                if day.on in days:
                    raise _Wrong("twice", day=day.on)
                days[day.on] = day
        except _Wrong as wrong:
            faults.append(_told(name, wrong.code, **wrong.values))
    notices = (Notice(_messages.NOTICE_TITLE.format(year=year), source, date(*map(int, published.groups()))),)
    ordered = tuple(days[on] for on in sorted(days))
    return faults or Edition(area=NATION, kind="year", year=year, notices=notices, days=ordered)


_HEAD = {"title": _TITLE, "number": _NUMBER, "published": _PUBLISHED}


def _told(where: str, code: str, **values: object) -> Contradiction:
    return Contradiction(where, _messages.text(code, **values), _messages.text(f"{code}.remedy"))


def _paragraph(year: int, name: str, rest: str, source: str) -> Iterator[Day]:
    found = False
    for sentence in re.split(r"[。；;]", rest):
        if "上班" in sentence:
            for first, last in _spans(year, sentence):
                for day in _between(first, last):
                    if day.weekday() < 5:
                        raise _Wrong("weekday", day=day)
                    yield Day(day, works=True, label=text("day.made_up", holiday=name), source=source)
        elif "放假" in sentence:
            found, days = True, [day for span in _spans(year, sentence) for day in _between(*span)]
            stated = _COUNT.search(sentence)
            if stated and int(stated[1]) != len(days):
                raise _Wrong("count", stated=stated[1], counted=len(days))
            yield from (Day(day, works=False, label=text("day.off", holiday=name), source=source) for day in days)
    if not found:
        raise _Wrong("nothing")


def _between(first: date, last: date) -> Iterator[date]:
    return (first + offset * _DAY for offset in range((last - first).days + 1))


def _spans(year: int, sentence: str) -> Iterator[tuple[date, date]]:
    said, month, of_year = False, "", str(year)
    for match in _SPAN.finditer(sentence):
        said = True
        of_year, month = match[1] or of_year, match[2] or month
        first = _date(of_year, month, match[3], match[4], year)
        if match[7] is None:
            yield first, first
            continue
        of_year, month = match[5] or of_year, match[6] or month
        last = _date(of_year, month, match[7], match[8], year)
        if last <= first:
            raise _Wrong("order", first=first, last=last)
        yield first, last
    if not said:
        raise _Wrong("nothing")


def _date(of_year: str, month: str, day: str, note: str | None, year: int) -> date:
    """The day, if it exists, belongs to this notice and falls on the day of the week that it states."""
    try:
        found = date(int(of_year), int(month or 0), int(day))
    except ValueError:
        raise _Wrong("no_day", said=f"{month}月{day}日") from None
    if found.year != year and (found.year, found.month) != (year - 1, 12):
        raise _Wrong("other_year", day=found, year=year)
    stated = _STATED.search(note or "")
    if stated and _WEEK[found.weekday()] != stated[1].replace("天", "日"):
        raise _Wrong("week", day=found, stated=stated[0], is_=_WEEK[found.weekday()])
    return found


def read_days(
    said: str, year: int, source: str, *, stands_still: bool = False
) -> tuple[Day, ...] | list[Contradiction]:
    """Days of an area as they are typed, one span a line (``2026-03-20..2026-03-21 开斋节``), or what is wrong.

    With ``stands_still`` they are days of an emergency on which no term runs.
    """
    found: dict[date, Day] = {}
    faults: list[Contradiction] = []
    for place, line in enumerate(said.splitlines(), 1):
        if not line.strip():
            continue
        try:
            for day in _typed(place, line.strip(), year):
                if day.on in found:
                    raise _Wrong("twice", day=day.on)
                found[day.on] = msgspec.structs.replace(day, source=source, stands_still=stands_still and not day.works)
        except _Wrong as wrong:
            faults.append(_told("", wrong.code, **wrong.values))
    if not found and not faults:
        faults.append(_told("", "empty"))
    return faults or tuple(found[on] for on in sorted(found))


def _typed(place: int, line: str, year: int) -> Iterator[Day]:
    match = _LINE.fullmatch(line)
    try:
        if match is None:
            raise ValueError(line)
        first = date.fromisoformat(match[1])
        last = date.fromisoformat(match[2] or match[1])
    except ValueError:
        raise _Wrong("line", line=place, said=line[:40]) from None
    if not 0 <= (last - first).days < _LONGEST:
        raise _Wrong("span", line=place)
    works = match[3] is not None
    for day in _between(first, last):
        if day.year != year:
            raise _Wrong("outside", day=day, year=year)
        if works and day.weekday() < 5:
            raise _Wrong("weekday", day=day)
        label = text("day.made_up", holiday=match[4]) if works else match[4]
        yield Day(day, works=works, label=label, source="")
