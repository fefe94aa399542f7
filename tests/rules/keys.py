"""One key of a pack changed at a time: where entries stand in what is written, and other values for a key."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from itertools import zip_longest
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from lianshen.rules import _schema
from lianshen.rules._entry import Entry

Said = dict[str, Any]
EXPRESSIONS = ("when", "done", "present", "computes", "amendable")
_REMOVED = object()
_hints = cache(get_type_hints)
_MORE = "（改）"
_NEEDED = ("dates", "figures", "conditions", "parameters", "clauses")
_CODES = {"clause": "clauses", "owed_to": "bodies", "overridable_by": "bodies"}


def structs(hint: Any, found: list[type]) -> list[type]:
    """The structs that a type is made of, itself first."""
    if isinstance(hint, type) and issubclass(hint, Entry) and hint not in found:
        found.append(hint)
        for inner in _hints(hint).values():
            structs(inner, found)
    for inner in get_args(hint):
        structs(inner, found)
    return found


KEYS = [(struct, field.encode_name) for struct in structs(_schema.Law, []) for field in msgspec.structs.fields(struct)]
"""Every key of the language."""


def places(struct: type, said: Any, hint: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where entries of ``struct`` stand in what is written, which is read as ``hint``."""
    if isinstance(hint, type) and issubclass(hint, Entry):
        if hint is struct and isinstance(said, dict):
            yield at
        inside = [(field.encode_name, _hints(hint)[field.name]) for field in msgspec.structs.fields(hint)]
        for key, inner in inside if isinstance(said, dict) else ():
            if key in said:
                yield from places(struct, said[key], inner, (*at, key))
        return
    for inner in get_args(hint):
        for step, item in _items(said, get_origin(hint)):
            yield from places(struct, item, inner, (*at, *step))


def _items(said: Any, container: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if container is list and isinstance(said, list):
        yield from (((place,), item) for place, item in enumerate(said))
    elif container is dict and isinstance(said, dict):
        yield from (((name,), item) for name, item in said.items())
    elif container not in (list, dict):
        yield (), said


def changes(written: Said, struct: type, key: str) -> Iterator[Said]:
    """What is written, with one value under the key changed; what nothing needs any more is left out."""
    spots = [spot for spot in places(struct, written, _schema.Law) if key in _at(written, spot)]
    if spots and (by_hand := BY_HAND.get((struct.__name__, key))):
        changed = deepcopy(written)
        by_hand(changed)
        yield _tidied(changed)
        return
    each = [[(spot, other) for other in _others(written, struct, key, _at(written, spot)[key])] for spot in spots]
    for turn in zip_longest(*each):
        for spot, value in filter(None, turn):
            changed = deepcopy(written)
            if value is _REMOVED:
                del _at(changed, spot)[key]
            else:
                _at(changed, spot)[key] = value
            yield _tidied(changed)


def _tidied(said: Said) -> Said:
    """Without the numbers, dates, amounts, conditions and clauses that nothing names: a pack may not have them."""
    while True:
        named = Counter(re.findall(r"[\w.-]+", json.dumps(said, ensure_ascii=False)))
        idle = [(kind, name) for kind in _NEEDED for name in said.get(kind, ()) if named[name] == 1]
        if not idle:
            return said
        for kind, name in idle:
            del said[kind][name]


def _at(said: Any, spot: tuple[Any, ...]) -> Any:
    for step in spot:
        said = said[step]
    return said


def _others(written: Said, struct: type, key: str, value: Any) -> Iterator[Any]:
    """Other values for the key, as far as its type tells."""
    field = next(one for one in msgspec.structs.fields(struct) if one.encode_name == key)
    yield from (choice for choice in _choices(_hints(struct)[field.name]) if choice != value)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield from _other_texts(written, struct, key, value)
    elif isinstance(value, list):
        yield value[:-1]
        yield from ([*value, item] for item in elsewhere(written, struct, key) if item not in value)
    elif isinstance(value, dict):
        first, said = next(iter(value.items()))
        if isinstance(said, str) and _is_chinese(said):
            yield {**value, first: said + _MORE}
        yield from ({name: said for name, said in value.items() if name != left} for left in reversed(value))
    if not field.required:
        yield _REMOVED


def _other_texts(written: Said, struct: type, key: str, value: str) -> Iterator[str]:
    if key in EXPRESSIONS:
        yield from (f"!({value})", "true", "false")
    elif _is_chinese(value):
        yield value + _MORE
    elif key in _CODES:
        yield from (other for other in written.get(_CODES[key], ()) if other != value)
    else:
        yield from (other for other in elsewhere(written, struct, key) if other != value)


def _is_chinese(text: str) -> bool:
    return any("一" <= sign <= "鿿" for sign in text)


def _choices(hint: Any) -> list[Any]:
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    inside = get_args(hint) if get_origin(hint) not in (list, dict) else ()
    return [choice for inner in inside for choice in _choices(inner)]


def elsewhere(written: Said, struct: type, key: str) -> list[Any]:
    """What stands under the same key in other entries."""
    found: dict[Any, None] = {}
    for spot in places(struct, written, _schema.Law):
        value = _at(written, spot).get(key)
        found |= dict.fromkeys(
            item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)
        )
    return list(found)


def put(*path: Any, **values: Any) -> Callable[[Said], None]:
    """A change at one place: keys set or, with None, left out."""

    def change(said: Said) -> None:
        for key, value in values.items():
            _at(said, path).pop(key.rstrip("_"), None)
            if value is not None:
                _at(said, path)[key.rstrip("_")] = value

    return change


def both(*steps: Callable[[Said], None]) -> Callable[[Said], None]:
    """Changes that must agree with each other."""

    def change(said: Said) -> None:
        for step in steps:
            step(said)

    return change


def named(said: Said, kind: str, name: str) -> Said:
    """The entry of a list that has this name."""
    found: Said = next(entry for entry in said[kind] if name in entry.values())
    return found


def on(kind: str, name: str, *path: Any, **values: Any) -> Callable[[Said], None]:
    """A change of one entry of a list."""
    return lambda said: put(*path, **values)(named(said, kind, name))


def drop(kind: str, name: str) -> Callable[[Said], None]:
    """One entry of a list left out."""
    return lambda said: said[kind].remove(named(said, kind, name))


_OTHER_SHARE = both(
    put("parameters", "operations_share", value=20, text="20%"),
    put("clauses", "YL-18-1", quotation="运维费用不得超过所运维项目批复金额的20%"),
)
_OTHER_BOUND = both(
    put("axes", "city", "bands", 0, below="crypto_from"), put("axes", "city", "bands", 1, from_="crypto_from")
)


def _in_force(quotation: str, **days: str | None) -> Callable[[Said], None]:
    """Other days, and the words of the law that state them."""
    return both(put("instrument", "in_force", **days), put("clauses", "YL-25-1", quotation=quotation))


_ANY_YEAR_END = put("dates", "plan_closes", yearly="declare_by")

BY_HAND: dict[tuple[str, str], Callable[[Said], object]] = {
    ("Law", "clauses"): put("clauses", "YL-22-1", quotation="数据共享的情况"),
    ("Law", "parameters"): _OTHER_SHARE,
    ("Law", "conditions"): put("conditions", undecided="!approved && !filed"),
    ("Law", "blocks"): drop("blocks", "unit_barred_now"),
    ("Law", "phases"): drop("phases", "lapsed"),
    ("Law", "intake"): put("intake", 0, section="项目"),
    ("Law", "inherits"): put("inherits", 0, "conflicts", "parameters.approval_from", prevails="inherited"),
    ("Law", "contents"): drop("contents", "funding_source"),
    ("Law", "choices"): put("choices", 0, label="免报项目建议书"),
    ("Law", "clocks"): drop("clocks", "declare"),
    ("Law", "disputes"): put("disputes", 0, other="由县数据局认定"),
    ("Law", "scope"): put("scope", exclusions=[]),
    ("Law", "tiers"): put("tiers", "bands", 0, label="备案"),
    ("Law", "axes"): put("axes", "city", "bands", 0, label="本县"),
    ("Law", "figures"): lambda said: said["figures"]["amount_that_counts"]["first_of"].reverse(),
    ("Law", "dates"): put("dates", "severe_after", after="trial_least"),
    ("Law", "ladders"): lambda said: said["ladders"]["ordinary"]["rungs"].pop(),
    ("Law", "links"): put("links", "main_project", "facts", main_amount="project_budget"),
    ("Law", "questions"): put("questions", "money_withheld", label="是否停拨"),
    ("Law", "facts"): put("facts", "failures", neutral=3),
    ("Law", "events"): both(put(events={"trial": "试运行"}), on("actions", "begin_trial", events=["trial"])),
    ("Instrument", "in_force"): _in_force("有效期至2026年6月30日", until="2026-06-30"),
    ("InForce", "from"): _in_force("自2026年3月3日起施行，有效期至2028年12月31日", from_="2026-03-03"),
    ("InForce", "until"): _in_force("自2026年1月1日起施行", until=None),
    ("Clause", "article"): put("clauses", "YL-22-1", article="第二十三条"),
    ("Parameter", "value"): _OTHER_SHARE,
    ("Parameter", "unit"): both(
        put("parameters", "again_within", unit="working_day", text="20个工作日内"),
        put("clauses", "YL-14-1", quotation="申报单位应当在20个工作日内再次申报，逾期视为自动放弃"),
    ),
    ("Parameter", "text"): put("parameters", "small_upgrade", text="20万元"),
    ("Parameter", "clause"): both(
        put("clauses", **{"YL-5-3": {"article": "第五条", "quotation": "预算金额60万元以上的项目"}}),
        put("parameters", "approval_from", clause="YL-5-3"),
    ),
    ("Scope", "ways"): lambda said: said["scope"]["ways"].pop(0),
    ("Tiers", "bands"): put("tiers", "bands", 0, label="备案"),
    ("Section", "fields"): put("intake", 0, "fields", 0, label="名称"),
    ("ActionRule", "asks"): lambda said: named(said, "actions", "open_review")["asks"].reverse(),
    ("Fact", "neutral"): put("facts", "unit_barred", neutral=True),
    ("Fact", "label"): put("facts", "software_amount", label="软件"),
    ("PaperRule", "at"): on("papers", "application_form", at=["annual_plan_formation"]),
    ("ContentRule", "at"): on("contents", "necessity", at=["joint_review"]),
    ("BlockRule", "strength"): on("blocks", "change_too_large", strength="absolute", overridable_by=None),
    ("BlockRule", "overridable_by"): on("blocks", "own_infrastructure", overridable_by="county_government"),
    ("ActionRule", "action"): on("actions", "bar_unit", action="bar"),
    ("ActionRule", "adds"): on("actions", "register_change", "adds", earlier_changes="approved_amount"),
    ("ActionRule", "pauses"): both(
        on("actions", "ask_for_more", pauses=None), on("actions", "hand_in_more", resumes=None)
    ),
    ("ActionRule", "counts"): both(
        on("actions", "fail_review", counts=None), on("actions", "return_for_mending", counts=["failures"])
    ),
    ("Window", "from"): on("actions", "accept", "window", from_="trial_started_on"),
    ("Window", "until"): on("actions", "accept", "window", until=None),
    ("Field", "options_from"): both(
        on("actions", "settle", "form", 0, options_from="exceptions"),
        put("disputes", 0, code=None),
        on("blocks", "second_review_first", when="by_city && !city_review_passed"),
    ),
    ("Check", "field"): on("actions", "hold_panel", "checks", 0, field="chair"),
    ("PhaseRule", "phase"): on("phases", "draft", phase="sketch"),
    ("Inherit", "from"): put("inherits", 0, from_="990000@2025-07-01"),
    ("Inherit", "conflicts"): put("inherits", 0, "conflicts", "parameters.approval_from", prevails="inherited"),
    ("Band", "from"): _OTHER_BOUND,
    ("Band", "below"): _OTHER_BOUND,
    ("FigureRule", "sum_of"): both(
        put("figures", "software_and_security", sum_of=["software_amount"]),
        lambda said: said["intake"][1]["fields"].remove({"fact": "security_amount", "required": False}),
        put("facts", security_amount=None),
    ),
    ("DateRule", "after"): put("dates", "severe_after", after="trial_least"),
    ("DateRule", "before"): put("dates", "papers_due", before="again_within"),
    ("DateRule", "yearly"): _ANY_YEAR_END,
    ("LinkRule", "facts"): put("links", "main_project", "facts", main_amount="project_budget"),
    ("ClockRule", "clock"): on("clocks", "declare", clock="declare_in_time"),
    ("ClockRule", "on_expiry"): on("clocks", "file_contract", on_expiry={"code": "none", "label": "催办"}),
    ("ClockRule", "ladder"): both(
        on("clocks", "reapply", ladder="contracts"), on("clocks", "file_contract", ladder="ordinary")
    ),
    ("ClockRule", "standing"): both(
        on("clocks", "declare", standing=None),
        on("actions", "return_for_mending", starts=["mend", "declare"], stops=["declare"]),
    ),
    ("ClockRule", "events"): on("clocks", "declare", events=["annual_plan_formation"]),
    ("Expiry", "starts"): both(
        on("clocks", "start", "on_expiry", starts=None), on("actions", "approve", starts=["start", "reapprove"])
    ),
    ("DisputeRule", "code"): both(
        put("disputes", 0, code="large_project"),
        on(
            "blocks",
            "second_review_first",
            when="by_city && !city_review_passed && !('large_project=other' in readings)",
        ),
    ),
    ("RecastRule", "fact"): put("recasts", 0, fact="item_type", treated_as="office_terminals"),
    ("RecastRule", "treated_as"): put("recasts", 0, treated_as="new_build"),
    ("Covered", "feature"): put("coverage", "YL-3-1", feature="project_ledger"),
    ("Question", "type"): both(
        put("questions", "plan_overrun", type="int"), on("notices", "plan_overrun", computes="plan_year")
    ),
    ("Question", "options"): put("questions", "declared_through", "options", county_platform="县平台"),
}
"""Changes that no rule of thumb finds, for they must agree with something else."""
