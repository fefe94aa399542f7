"""What can be proved of the amounts and times of a pack: bands meet, figures add up, every clock starts and ends."""

from collections.abc import Iterator
from datetime import date

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _schema as s
from lianshen.rules._checks import amounts, listed, supplied, written
from lianshen.rules._faults import Both
from lianshen.rules._numbers import stated
from lianshen.rules._source import PackError, Source
from lianshen.rules._turns import LENGTHS, check_turns
from lianshen.rules._vocabulary import Vocabulary


def check_quantities(
    source: Source, law: s.Law, vocabulary: Vocabulary, parameters: dict[str, int]
) -> Iterator[PackError]:
    """Everything about amounts and times that cannot be right. ``parameters`` are their values, money in fen."""
    yield from _parameters(source, law)
    yield from _bands(source, law, parameters)
    yield from _figures(source, law, vocabulary)
    yield from _dates(source, law)
    yield from _clocks(source, law)
    yield from check_turns(source, law)


def _bands(source: Source, law: s.Law, parameters: dict[str, int]) -> Iterator[PackError]:
    if law.tiers is not None:
        yield from _axis(source, ("tiers", "bands"), law, law.tiers.bands, parameters)
    for name, tiers in law.axes.items():
        yield from _axis(source, ("axes", name, "bands"), law, tiers.bands, parameters)


def _axis(
    source: Source, where: Spot, law: s.Law, bands: list[s.Band], parameters: dict[str, int]
) -> Iterator[PackError]:
    """Every amount from 0 on falls into one band and no other."""
    money = any(law.parameters[band.below].unit == "yuan" for band in bands if band.below in law.parameters)
    for place, band in enumerate(bands):
        spot: Spot = (*where, place)
        if place == 0 and band.from_ is not None:
            yield source.error(spot, "bands_first")
        if (place == len(bands) - 1) != (band.below is None):
            yield source.error(spot, "bands_last")
        low = 0 if band.from_ is None else parameters.get(band.from_)
        end = 0 if place == 0 else parameters.get(bands[place - 1].below or "")
        high = parameters.get(band.below or "")
        if low is None:
            continue
        if end is not None and low != end:
            code = "bands_gap" if low > end else "bands_overlap"
            yield source.error(spot, code, low=_amount(min(low, end), money), high=_amount(max(low, end), money))
        if high is not None and high <= low:
            yield source.error(spot, "bands_empty", name=band.tier)


def _amount(value: int, money: bool) -> Both:
    if not money:
        return Both(str(value), str(value))
    yuan = f"{value // 100:,}.{value % 100:02d}"
    return Both(f"{yuan} 元", f"{yuan} yuan")


def _figures(source: Source, law: s.Law, vocabulary: Vocabulary) -> Iterator[PackError]:
    known = amounts(vocabulary)
    for name, rule in law.figures.items():
        spot: Spot = ("figures", name)
        if bool(rule.first_of) == bool(rule.sum_of):
            yield source.error(spot, "figure_shape", name=name)
        for part in (*rule.first_of, *rule.sum_of):
            if part not in known:
                yield source.error(spot, "type", name=part, wanted="money | int")
    for place, action in enumerate(law.actions):
        for name in (*action.counts, *action.adds, *action.adds.values()):
            if name not in known:
                yield source.error(("actions", place), "type", name=name, wanted="money | int")
        asked = {field.fact or field.name for field in action.form}
        for number, check in enumerate(action.checks):
            if check.field not in asked:
                yield source.error(("actions", place, "checks", number), "not_in_form", name=check.field)


def _dates(source: Source, law: s.Law) -> Iterator[PackError]:
    for name, rule in law.dates.items():
        spot: Spot = ("dates", name)
        if not (rule.yearly or rule.from_) or len([key for key in (rule.yearly, rule.after, rule.before) if key]) > 1:
            yield source.error(spot, "date_shape", name=name)
        for key in (rule.after, rule.before):
            if key in law.parameters and law.parameters[key].unit not in LENGTHS:
                yield source.error(spot, "type", name=key, wanted=" | ".join(sorted(LENGTHS)))
        counts = rule.after is not None or rule.before is not None
        if any((said is not None) != counts for said in (rule.first_day, rule.rolling)):
            yield source.error(spot, "date_counting" if counts else "date_not_counted", name=name)
        if rule.yearly in law.parameters and law.parameters[rule.yearly].unit != "month_day":
            yield source.error(spot, "type", name=rule.yearly, wanted="month_day")


def _parameters(source: Source, law: s.Law) -> Iterator[PackError]:
    for name, parameter in law.parameters.items():
        if (parameter.unit == "month_day") != isinstance(parameter.value, str):
            yield source.error(("parameters", name, "value"), "type", name="value", wanted=parameter.unit)
        if isinstance(parameter.value, str) and not _month_day(parameter.value):
            yield source.error(("parameters", name, "value"), "month_day", text=parameter.value)
        said = stated(parameter.text, parameter.unit)
        if not said:
            yield source.error(("parameters", name, "text"), "number_none", text=parameter.text, unit=parameter.unit)
        elif said != {parameter.value}:
            code = "number_many" if parameter.value in said else "number_other"
            numbers = "、".join(map(str, sorted(said, key=str)))
            yield source.error(("parameters", name, "value"), code, text=parameter.text, said=numbers, name=name)


def _month_day(said: str) -> bool:
    try:
        return bool(date.fromisoformat(f"2001-{said}"))
    except ValueError:
        return False


def _clocks(source: Source, law: s.Law) -> Iterator[PackError]:
    started = {clock for action in law.actions for clock in action.starts}
    started |= {clock for rule in law.clocks for clock in rule.on_expiry.starts}
    stopped = {clock for action in law.actions for clock in (*action.stops, *action.supersedes)}
    for place, clock in enumerate(law.clocks):
        spot: Spot = ("clocks", place)
        if clock.standing and (clock.clock in started | stopped or not clock.events):
            yield source.error(spot, "standing", name=clock.clock)
        if not clock.standing and clock.clock not in started:
            yield source.error(spot, "never_starts", name=clock.clock)
        if not clock.standing and clock.clock not in stopped:
            yield source.error(spot, "never_stops", name=clock.clock)
        if (clock.on_expiry.code == "none") == bool(clock.on_expiry.sets) and not clock.standing:
            yield source.error((*spot, "on_expiry"), "expiry_sets", name=clock.clock)
        if clock.budget is None and clock.from_ is None:
            yield source.error(spot, "clock_without_end", name=clock.clock)
        if (clock.budget is None) != (clock.first_day is None):
            code = "clock_not_counted" if clock.budget is None else "clock_counting"
            yield source.error(spot, code, name=clock.clock)
        if clock.budget in law.parameters and law.parameters[clock.budget].unit not in LENGTHS:
            yield source.error((*spot, "budget"), "type", name=clock.budget, wanted=" | ".join(sorted(LENGTHS)))
        yield from _dated_when_started(source, law, clock)


def _dated_when_started(source: Source, law: s.Law, clock: s.ClockRule) -> Iterator[PackError]:
    """A date that somebody sets by hand is part of the act that starts the clock; others come from somewhere."""
    stated = supplied(law)
    for number, action in enumerate(law.actions):
        if clock.clock in action.starts:
            dates = stated if clock.budget else written(action)
            for name in listed(clock.from_):
                if name not in law.dates and name not in dates:
                    yield source.error(("actions", number, "starts"), "clock_start", name=clock.clock, fact=name)
