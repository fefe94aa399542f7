"""The first and the last day of a law, as the clause that is cited for them states them."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from unicodedata import normalize

from lianshen.rules import _schema as s
from lianshen.rules._numbers import number
from lianshen.rules._source import PackError, Source

_SIGN = "0-9〇零一二两三四五六七八九十"
_DAY = rf"(?P<year>[0-9〇零一二三四五六七八九]{{4}})年(?P<month>[{_SIGN}]+)月(?P<day>[{_SIGN}]+)日"
_FROM = re.compile(rf"(?:自|从)?{_DAY}起(?!失效|废止|停止)")
_UNTIL = re.compile(rf"(?:至|到|截止|截至|止于)(?:于)?{_DAY}|{_DAY.replace('?P<', '?P<end_')}(?:止|失效)")
_LENGTH = re.compile(rf"(?:有效期限?|试行期?|施行期?)(?:为|是)?(?P<count>[{_SIGN}]+)(?P<unit>年|个月)")
_YEAR_SIGNS = str.maketrans("〇零一二三四五六七八九", "00123456789")


def check_term(source: Source, law: s.Law) -> Iterator[PackError]:
    """Days that are not those of the quotation; one that states none, as 自印发之日起施行, says nothing against any."""
    force = law.instrument.in_force
    if force.clause in law.clauses:
        quotation = law.clauses[force.clause].quotation
        for key, said, told in contradicted(quotation, force.from_, force.until):
            spot = ("instrument", "in_force", key) if said else ("instrument", "in_force")
            yield source.error(spot, "in_force_other", name=key, said=said or "—", quotation=quotation, told=told)


def contradicted(quotation: str, since: str, until: str | None) -> Iterator[tuple[str, str | None, str]]:
    """The keys ``from`` and ``until`` that say something else than the quotation, what they say, and what it says."""
    words = normalize("NFKC", quotation)
    first = _stated(_FROM.search(words))
    if first is not None and first.isoformat() != since:
        yield "from", since, first.isoformat()
    last = _stated(_UNTIL.search(words))
    ends = [] if last is None else [last]
    start = first or _iso(since)
    if not ends and start is not None and (length := _LENGTH.search(words)):
        end = _later(start, int(number(length["count"]) or 0) * (12 if length["unit"] == "年" else 1))
        ends = [end - timedelta(days=1), end]  # offices count the last day both ways
    if ends and until not in [end.isoformat() for end in ends]:
        yield "until", until, ends[0].isoformat()


def _stated(found: re.Match[str] | None) -> date | None:
    if found is None:
        return None
    named = found.groupdict()
    year, month, day = (str(named[key] or named.get(f"end_{key}")) for key in ("year", "month", "day"))
    return _iso(f"{year.translate(_YEAR_SIGNS)}-{int(number(month) or 0):02d}-{int(number(day) or 0):02d}")


def _iso(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _later(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
