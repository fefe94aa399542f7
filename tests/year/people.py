"""Simulated people: they fill in forms, hand in papers and do one of the things that the law lets them do, by dice."""

import random
from datetime import date, timedelta

from lianshen.projects._desk import UNIT, bodies_of
from lianshen.rules.queries import Pack, amiss, assess, enact, read_inputs
from lianshen.rules.types import Action, Assessment, Facts, FactValue, FormField, Outcome

_AMOUNTS = ("80000", "300000", "600000", "1200000", "3000000", "8000000", "20000000")
_TONES = {"primary": 8, "neutral": 2, "danger": 1}
_GOOD = ("agree", "pass", "yes", "approve", "qualified")
_TRIES = 8


_ON = "on"
ORDINARY: dict[str, dict[str, str]] = {
    "140800": {
        "unit": "city_department", "kind": "new_build", "funding": "fiscal", "total_budget": "3,000,000",
        "hosting": "city_government_cloud",
        **dict.fromkeys(
            ("budgets_set_out", "budget_secured", "in_approved_plan", "in_annual_plan", "interconnects",
             "has_resource_catalogue"), _ON),
    },
    "320723": {
        "unit": "county_department", "submitted_via": "industry_department", "kind": "new_build", "funding": "fiscal",
        "project_budget": "700,000", "total_investment": "700,000", "hosting": "city_government_cloud",
        **dict.fromkeys(
            ("meets_gbt_40692", "lead_department", "budget_secured", "has_data_sharing_chapter", "has_security_section",
             "in_approved_plan", "in_annual_plan"), _ON),
    },
    "360824": {
        "unit": "county_department", "kind": "new_build", "system_type": "business_system", "funding": "fiscal",
        "total_investment": "3,000,000",
        **dict.fromkeys(
            ("meets_gbt_40692", "in_approved_plan", "preparation_depth_met", "has_intensive_chapter",
             "has_data_sharing_chapter", "has_security_section", "has_crypto_plan", "states_owner",
             "states_funding_source", "states_scale", "states_estimate"), _ON),
    },
    "421000": {
        "unit": "city_department", "kind": "new_build", "content_type": "application_system",
        "item_type": "ordinary_content", "funding": "fiscal", "in_approved_plan": _ON,
        "hosting": "unified_base_platform",
    },
    "640200": {
        "unit": "city_department", "kind": "new_build", "project_class": "engineering", "funding": "fiscal",
        "works_equipment_contingency": "700,000", "total_investment": "700,000", "estimate": "700,000",
        "free_operations_months": "36", "preparation_confirmed": _ON, "authenticity_confirmed": _ON,
    },
}  # fmt: skip
"""What an ordinary new build says of itself, by the jurisdiction whose law it goes through."""


def declared(pack: Pack, dice: random.Random, on: date, title: str) -> dict[str, str]:
    """What somebody types into the declaration: an ordinary project, of which some things are otherwise."""
    typed = {field.name: _ON for field in pack.intake if field.default is True} | ORDINARY[pack.ref[:6]]
    fields = {field.name: field for field in pack.intake if field.name not in pack.links}
    typed |= {name: dice.choice(_AMOUNTS) for name in typed if fields[name].kind == "money" and dice.random() < 0.5}
    for name, field in fields.items():
        if field.kind in ("bool", "choice") and dice.random() < 0.03:
            typed[name] = answer(field, dice, on)
    if "plan_year" in fields:
        typed["plan_year"] = str(on.year + 1)
    return typed | {"title": title, "summary": "汇聚数据。"}


def answer(field: FormField, dice: random.Random, on: date, *, often: float = 0.3) -> str:
    """One answer that reads."""
    match field.kind:
        case "bool":
            return "true" if dice.random() < often else ""
        case "money":
            return dice.choice(_AMOUNTS)
        case "number":
            return str(dice.randint(1, 5))
        case "choice":
            good = [one.code for one in field.options if one.code.startswith(_GOOD)]
            codes = [one.code for one in field.options] or [""]
            return dice.choice(good if good and dice.random() < 0.7 else codes)
        case "date":
            ahead = {"not_past": (0, 40), "not_future": (-8, 0), None: (-5, 60)}[field.bound]
            return (on + timedelta(days=dice.randint(*ahead))).isoformat()
        case _:
            return "已按要求办理。"[: field.max_length or 20]


def chosen(pack: Pack, facts: dict[str, FactValue], dice: random.Random, on: date) -> Action | None:
    """One of the acts that are open once every paper is in, the ordinary ones more often. Papers stay in ``facts``."""
    found = assess(pack, facts, "", on)
    if lacking := papers_wanted(found) - set(_listed(facts)):
        facts["documents"] = tuple(sorted({*_listed(facts), *lacking}))
        found = assess(pack, facts, "", on)
    ways = [one for one in found.actions if one.open]
    return dice.choices(ways, [_TONES[one.tone] for one in ways])[0] if ways else None


def papers_wanted(found: Assessment) -> set[str]:
    """Every paper that the law asks for or that something waits for."""
    timely = [one for one in found.actions if one.timely]
    return (
        {paper.code for paper in found.papers}
        | {reason.paper for one in timely for reason in one.reasons if reason.paper}
        | {paper for one in timely for paper in one.papers}
    )


def _listed(facts: Facts) -> tuple[str, ...]:
    listed = facts.get("documents", ())
    assert isinstance(listed, tuple)
    return listed


def actor_of(action: Action, facts: Facts, dice: random.Random) -> str:
    """The body that does it, or the unit."""
    bodies = [body for entry in action.by for body in bodies_of(entry, facts)]
    return dice.choice(bodies) if bodies else UNIT


def typed_for(pack: Pack, facts: Facts, action: Action, dice: random.Random, on: date) -> dict[str, str] | None:
    """A form filled in so that the law takes it, or None when the dice do not find one."""
    for _ in range(_TRIES):
        typed = {field.name: answer(field, dice, on) for field in action.form}
        inputs, errors = read_inputs(action.form, typed, on=on)
        if not errors and not amiss(pack, facts, action.code, inputs, on):
            return typed
    return None


def acted(pack: Pack, facts: Facts, action: Action, typed: dict[str, str], on: date, body: str) -> Outcome:
    inputs, errors = read_inputs(action.form, typed, on=on)
    assert not errors, errors
    return enact(pack, facts, action.code, inputs, on, by=body)
