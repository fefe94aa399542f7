"""What the law says about a project: a pure function of pack, facts and day.

Here lists are made before tuples: a generator costs a third more, and this is asked at every keystroke.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from lianshen.rules import _messages
from lianshen.rules._pack import Pack, stated
from lianshen.rules._ruled import RuledAction, RuledBlock, RuledPaper, RuledWindow, Scope
from lianshen.rules.types import (
    Action,
    Assessment,
    Basis,
    Content,
    Dispute,
    Facts,
    FormField,
    Notice,
    Option,
    Reason,
    Step,
)


def assess(pack: Pack, facts: Facts, event: str, on: date) -> Assessment:
    """Everything the pack says on the day ``on`` (Asia/Shanghai).

    ``event`` narrows papers, blocks, clocks and notices to one question: an event of the vocabulary or an action of the
    pack. With "" the project is taken as it stands: all papers and clocks, and the blocks of what can be done now.
    Raises ExpressionError where a condition has no answer on these facts.
    """
    values = pack.recast_values(facts, on)
    held = pack.program.answer(values)
    now = _now(pack, facts, on, held, {formula.name: values[formula.name] for formula in pack.dates})
    exceptions = stated(facts, "exceptions")
    papers, blocks, disputes = now.papers, now.blocks, now.disputes
    actions = [*pack.shut]
    for place in pack.held_actions.places(held):
        actions[place] = now.action(pack.held_actions.rules[place])
    asked = frozenset({event}) if event else _events_of(pack, actions)
    scope = scope_of(pack, held)
    way, way_basis = way_of(pack, held) if scope.answer == "yes" else (None, None)
    phase, phase_label = next((phase, label) for slot, phase, label in pack.phases if held[slot])
    return Assessment(
        tenant=pack.tenant,
        title=pack.title,
        number=pack.number,
        version=pack.version,
        digest=pack.digest,
        on=on,
        published=pack.published,
        reviewed_until=pack.reviewed_until,
        beyond_review=pack.reviewed_until is None or on > pack.reviewed_until,
        status=pack.status,
        in_force=pack.in_force(on) and held[pack.effective],
        in_scope=scope.answer,
        scope_basis=scope.basis,
        management=way,
        management_label=pack.managements[way] if way else "",
        management_basis=way_basis,
        tiers=pack.tiers_in(values),
        papers=tuple([rule.paper for rule in papers if (event in rule.events if event else rule.needed_for)]),
        contents=_contents(pack, held, asked),
        steps=_stations(pack, held, event),
        blocks=tuple(
            [
                rule.granted if rule.block.code in exceptions else rule.block
                for rule in blocks
                if not asked.isdisjoint(rule.events)
            ]
        ),
        clocks=tuple([rule.clock for rule in pack.held_clocks(held) if not event or event in rule.events]),
        choices=tuple([rule.choice for rule in pack.held_choices(held)]),
        notices=_notices(pack, held, event, asked),
        disputes=disputes,
        recasts=pack.recast(facts, on),
        assumed=tuple([field.name for field in now.unstated]),
        phase=phase,
        phase_label=phase_label,
        amendable=held[pack.amendable],
        actions=tuple(actions),
    )


Held = Sequence[bool] | Mapping[int, bool]
"""The pack's answers by place: all of them, or those that matter."""


def scope_of(pack: Pack, held: Held) -> Scope:
    """Whether the law covers the project: the firmest of the exclusions that hold, else it does."""
    return min((scope for slot, scope in pack.exclusions if held[slot]), key=_firmness, default=pack.scope)


def way_of(pack: Pack, held: Held) -> tuple[str, Basis]:
    """How a project in scope is managed, and where the law says so."""
    return next((way, basis) for slot, way, basis in pack.ways if held[slot])


def _firmness(scope: Scope) -> int:
    return ("no", "undetermined", "yes").index(scope.answer)


def _stations(pack: Pack, held: Sequence[bool], event: str) -> tuple[Step, ...]:
    """The way of the project, or the procedure that ``event`` names: each station done, present, or ahead."""
    route = [*pack.held_steps.get(event, pack.held_steps[""])(held)]
    present = next((rule for rule in route if not held[rule.done]), None)
    return tuple(
        replace(rule.step, state="done" if held[rule.done] else "now" if rule is present else "ahead") for rule in route
    )


def _contents(pack: Pack, held: Sequence[bool], asked: frozenset[str]) -> tuple[Content, ...]:
    rules = [rule for rule in pack.held_contents(held) if not asked.isdisjoint(rule.events)]
    return tuple([replace(rule.content, present=held[rule.present]) for rule in rules])


def _notices(pack: Pack, held: Sequence[bool], event: str, asked: frozenset[str]) -> tuple[Notice, ...]:
    rules = pack.held_notices.get(event, pack.held_notices[""])(held)
    told = [rule for rule in rules if rule.value is not None or held[rule.computed]]
    return tuple([rule.notice for rule in told if not (rule.events and asked.isdisjoint(rule.events))])


def _events_of(pack: Pack, actions: Sequence[Action]) -> frozenset[str]:
    return frozenset().union(*(pack.actions[action.code].events for action in actions if action.timely))


def _decided(dispute: Dispute, readings: Sequence[str]) -> Dispute:
    for reading in ("reading", "other"):
        if dispute.code and f"{dispute.code}={reading}" in readings:
            return replace(dispute, decided=reading)
    return dispute


def open_codes(pack: Pack, facts: Facts, on: date, held: Sequence[bool]) -> list[str]:
    """The actions that can be done on the day ``on``; ``held`` are the pack's answers on these facts."""
    now = _now(pack, facts, on, held, pack.derived(facts, on))
    return [code for code, rule in pack.actions.items() if held[rule.when] and now.opens(rule)]


def opens(pack: Pack, code: str, facts: Facts, on: date) -> bool:
    """Whether that action can be done on the day ``on``."""
    held = pack.answers(facts, on)
    return held[pack.actions[code].when] and code in open_codes(pack, facts, on, held)


def action_of(pack: Pack, code: str, facts: Facts, on: date, held: Sequence[bool] | None = None) -> Action:
    """One action as ``assess`` tells of it; ``held`` are the pack's answers on these facts, if they are known.

    Raises KeyError for an action that the pack does not have.
    """
    rule, held = pack.actions[code], pack.answers(facts, on) if held is None else held
    if not held[rule.when]:
        return rule.shut
    return _now(pack, facts, on, held, pack.derived(facts, on)).action(rule)


def _now(pack: Pack, facts: Facts, on: date, held: Sequence[bool], derived: Mapping[str, str]) -> "_Now":
    exceptions, readings = stated(facts, "exceptions"), stated(facts, "readings")
    documents = frozenset(stated(facts, "documents"))
    papers = [*pack.held_papers(held)]
    blocks = [*pack.held_blocks(held)]
    return _Now(
        pack=pack,
        facts=facts,
        on=on,
        held=held,
        derived=derived,
        papers=papers,
        missing=[(one.missing, one.needed_for) for one in papers if one.missing and one.paper.code not in documents],
        blocks=blocks,
        unstated=[field for field in pack.intake if field.name not in facts],
        shutting=[rule for rule in blocks if rule.block.code not in exceptions],
        disputes=tuple([_decided(rule.dispute, readings) for rule in pack.held_disputes(held)]),
    )


class _Now(msgspec.Struct, frozen=True):
    """A project at one moment: what its actions depend on."""

    pack: Pack
    facts: Facts
    on: date
    held: Sequence[bool]
    derived: Mapping[str, str]
    papers: Sequence[RuledPaper]
    missing: Sequence[tuple[Reason, frozenset[str]]]
    blocks: Sequence[RuledBlock]
    shutting: Sequence[RuledBlock]
    unstated: Sequence[FormField]
    disputes: tuple[Dispute, ...]

    def action(self, rule: RuledAction) -> Action:
        """The action, its stage having come: what is still missing, and what its form offers."""
        code, form = rule.shut.code, rule.shut.form
        if rule.offers:
            offered = self._offered(rule)
            if not all(offered.values()):
                return rule.shut
            form = tuple([replace(field, options=offered.get(field.name, field.options)) for field in form])
        opens_on, closes_on, reasons = self._window(rule.window) if rule.window else (None, None, [])
        reasons += self._lacking(rule)
        handed_in = self.papers if code in self.pack.hands_in else ()
        papers = [paper.paper.code for paper in handed_in if code in paper.handed_in_with]
        if not (reasons or papers or rule.window or rule.offers):
            return rule.ready
        return replace(
            rule.ready,
            open=not reasons,
            reasons=tuple(reasons),
            form=form,
            papers=tuple(papers),
            opens_on=opens_on,
            closes_on=closes_on,
        )

    def opens(self, rule: RuledAction) -> bool:
        """Whether ``action`` would be open, its stage having come."""
        window = rule.window
        if window and not window.holds(*window.days(self.facts, self.derived), self.on):
            return False
        return all(self._offered(rule).values()) and not self._lacking(rule)

    def _offered(self, rule: RuledAction) -> dict[str, tuple[Option, ...]]:
        """What the fields offer whose choices depend on the project; without any the stage has not come."""
        offered = {}
        if rule.grants is not None:
            offered[rule.grants] = self._exceptions(rule.shut)
        if rule.settles is not None:
            offered[rule.settles] = self._readings()
        return offered

    def _lacking(self, rule: RuledAction) -> list[Reason]:
        code, held = rule.shut.code, self.held
        found = [reason for slot, reason in rule.needs if not held[slot]] if rule.needs else []
        if rule.rule.complete and (unanswered := self._unanswered(rule)):
            found.append(unanswered)
        if self.missing:
            found += [reason for reason, needed_for in self.missing if code in needed_for]
        if self.shutting:
            found += [block.reason for block in self.shutting if code in block.closes]
        return found

    def _unanswered(self, rule: RuledAction) -> Reason | None:
        names = [field.label for field in self.unstated if field.required]
        if not names:
            return None
        said = _messages.text("unanswered", names="、".join(names))
        return Reason("unanswered", said, _messages.remedy("unanswered"), rule.shut.basis)

    def _window(self, window: RuledWindow) -> tuple[date | None, date | None, list[Reason]]:
        opens, closes = window.days(self.facts, self.derived)
        if window.holds(opens, closes, self.on):
            return opens, closes, []
        if window.sources and opens is None:
            code, day = "window_unknown", None
        elif opens is not None and self.on < opens:
            code, day = "window_from", opens
        else:
            code, day = "window_until", closes
        label = _messages.text(code, label=window.label, day=day)
        return opens, closes, [Reason(code, label, window.remedy, window.basis)]

    def _exceptions(self, action: Action) -> tuple[Option, ...]:
        return tuple(
            Option(rule.block.code, rule.block.label)
            for rule in self.shutting
            if rule.block.overridable_by in action.by
        )

    def _readings(self) -> tuple[Option, ...]:
        return tuple(
            Option(f"{dispute.code}={which}", _messages.text("reading", point=dispute.point, reading=said))
            for dispute in self.disputes
            if dispute.code and dispute.decided is None
            for which, said in (("reading", dispute.reading), ("other", dispute.other))
        )
