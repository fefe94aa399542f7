"""The numbers that words of a regulation state: 50万元 is 500000 yuan, 半年 is six months, 7月底 is 07-31."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from unicodedata import normalize

from lianshen.rules._schema import Unit

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000}
_MYRIAD = 10**4
_SPOKEN = "零〇一二两三四五六七八九十百千"
_SIGN = rf"(?:[0-9][0-9,]*(?:\.[0-9]+)?|[{_SPOKEN}万亿])"
_N = rf"(?<![0-9.,{_SPOKEN}])(?P<n>(?![万亿]){_SIGN}++)"
_LAST_DAY = ("31", "28", "31", "30", "31", "30", "31", "31", "30", "31", "30", "31")


def number(said: str) -> Decimal | None:
    """A numeral in Arabic or Chinese signs, or both: 1,500, 2.5亿, 5千万, 一千五百万. None where it is none."""
    total = section = Decimal(0)
    digit: Decimal | None = None
    for part in re.findall(r"[0-9][0-9,]*(?:\.[0-9]+)?|.", said):
        if part[0].isascii():
            digit = Decimal(part.replace(",", ""))
        elif part in _DIGITS:
            digit = Decimal(_DIGITS[part])
        elif part in _SCALES:
            section += (1 if digit is None else digit) * _SCALES[part]
            digit = None
        elif part == "万":
            total += (section + (digit or 0)) * _MYRIAD
            section, digit = Decimal(0), None
        elif part == "亿":
            total = (total + section + (digit or 0)) * _MYRIAD**2
            section, digit = Decimal(0), None
        else:
            return None
    return total + section + (digit or 0) if said else None


def stated(text: str, unit: Unit) -> frozenset[int | str]:
    """Every number that ``text`` states in ``unit``: yuan, days, months …; of month_day the days, as in 07-31."""
    plain = normalize("NFKC", text)
    if unit == "month_day":
        return frozenset(_month_days(plain))
    found = _COUNTS[unit](plain)
    return frozenset(int(value) for value in found if value is not None and value == int(value))


def _each(pattern: str, times: int = 1) -> Callable[[str], Iterator[Decimal | None]]:
    compiled = re.compile(pattern)

    def find(text: str) -> Iterator[Decimal | None]:
        for match in compiled.finditer(text):
            value = number(match["n"])
            yield None if value is None else value * times

    return find


def _fixed(pattern: str, value: int) -> Callable[[str], Iterator[Decimal | None]]:
    compiled = re.compile(pattern)
    return lambda text: (Decimal(value) for _ in compiled.finditer(text))


def _any_of(*ways: Callable[[str], Iterator[Decimal | None]]) -> Callable[[str], Iterator[Decimal | None]]:
    return lambda text: (value for way in ways for value in way(text))


def _years(text: str) -> Iterator[Decimal | None]:
    """Lengths, not the number of a year (2025年)."""
    for match in re.finditer(rf"{_N}年(?P<half>半)?", text):
        value = number(match["n"])
        if value is not None and value < 1000:
            yield value + (Decimal("0.5") if match["half"] else 0)


def _months(text: str) -> Iterator[Decimal | None]:
    yield from (None if years is None else years * 12 for years in _years(text))
    yield from _any_of(_each(rf"{_N}个月"), _each(rf"{_N}个季度", 3), _fixed("半年", 6))(text)


def _month_days(text: str) -> Iterator[str]:
    for match in re.finditer(
        rf"{_N}月(?:份)?(?:(?P<end>底|末)|(?P<start>初)|(?P<day>[0-9]+|[{_SPOKEN}]+)[日号])", text
    ):
        month = number(match["n"])
        if month is None or not 1 <= month <= 12:
            continue
        day = number(match["day"]) if match["day"] else None
        last = _LAST_DAY[int(month) - 1] if match["end"] else "01"
        yield f"{int(month):02d}-{last if day is None else format(int(day), '02d')}"
    if re.search("年底|年末|年终|年度.{0,2}结束", text):
        yield "12-31"
    if re.search("年初", text):
        yield "01-01"


_COUNTS: dict[str, Callable[[str], Iterator[Decimal | None]]] = {
    "yuan": _any_of(_each(rf"{_N}元"), _each(rf"{_N}(?<=[万亿])(?![元人个次家台套户条])")),
    "working_day": _each(rf"{_N}个?工作日"),
    "day": _any_of(_each(rf"(?<!月){_N}个?(?:自然|日历)?[日天](?!历)"), _each(rf"{_N}个?(?:周|星期)(?!年)", 7)),
    "month": _months,
    "year": _years,
    "percent": _any_of(
        _each(rf"{_N}(?:%|个百分点)"), _each(rf"百分之{_N}"), _fixed("一半|半数", 50), _each(rf"{_N}成(?![为立])", 10)
    ),
    "per_mille": _any_of(_each(rf"{_N}‰"), _each(rf"千分之{_N}")),
    "count": _any_of(_each(_N), _fixed("下一|上一|次年|翌年", 1)),
}
