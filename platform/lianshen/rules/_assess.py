"""What the law says about a project: a pure function of pack, facts and day."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from lianshen.rules import _messages
from lianshen.rules._pack import Pack, RuledAction, RuledBlock, RuledPaper, Scope, stated
from lianshen.rules.types import Action, Assessment, Basis, Dispute, Facts, Option, Reason, Step


def assess(pack: Pack, facts: Facts, event: str, on: date) -> Assessment:
    """Everything the pack says on the day ``on`` (Asia/Shanghai).

    ``event`` narrows papers, blocks, clocks and notices to one question: an event of the vocabulary or an action of the
    pack. With "" the project is taken as it stands: all papers and clocks, and the blocks of what can be done now.
    Raises ExpressionError where a condition has no answer on these facts.
    """
    held = pack.answers(facts, on)
    now = _now(pack, facts, on, held)
    exceptions = stated(facts, "exceptions")
    papers, blocks, disputes = now.papers, now.blocks, now.disputes
    actions = tuple(now.action(rule) if held[rule.when] else rule.shut for rule in pack.actions.values())
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
        tiers=pack.tiers_of(facts),
        papers=tuple(rule.paper for rule in papers if (event in rule.events if event else rule.needed_for)),
        contents=tuple(
            replace(rule.content, present=held[rule.present])
            for rule in pack.contents
            if held[rule.when] and not asked.isdisjoint(rule.events)
        ),
        steps=_stations(pack, held, event),
        blocks=tuple(
            rule.granted if rule.block.code in exceptions else rule.block
            for rule in blocks
            if not asked.isdisjoint(rule.events)
        ),
        clocks=tuple(
            rule.clock for rule in pack.clocks.values() if held[rule.when] and (not event or event in rule.events)
        ),
        choices=tuple(rule.choice for rule in pack.choices if held[rule.when]),
        notices=tuple(
            rule.notice
            for rule in pack.notices
            if held[rule.when]
            and (rule.value is not None or held[rule.computed])
            and not (rule.events and asked.isdisjoint(rule.events))
        ),
        disputes=disputes,
        recasts=pack.recast(facts, on),
        assumed=tuple(field.name for field in pack.intake if field.name not in facts),
        phase=phase,
        phase_label=phase_label,
        amendable=held[pack.amendable],
        actions=actions,
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
    steps = [rule for rule in pack.steps if event in rule.events]
    route = [rule for rule in steps or pack.steps if held[rule.when] and (steps or not rule.events)]
    present = next((rule for rule in route if not held[rule.done]), None)
    return tuple(
        replace(rule.step, state="done" if held[rule.done] else "now" if rule is present else "ahead") for rule in route
    )


def _events_of(pack: Pack, actions: Sequence[Action]) -> frozenset[str]:
    return frozenset().union(*(pack.actions[action.code].events for action in actions if action.timely))


def _decided(dispute: Dispute, readings: Sequence[str]) -> Dispute:
    for reading in ("reading", "other"):
        if dispute.code and f"{dispute.code}={reading}" in readings:
            return replace(dispute, decided=reading)
    return dispute


def open_codes(pack: Pack, facts: Facts, on: date, held: Sequence[bool]) -> list[str]:
    """The actions that can be done on the day ``on``; ``held`` are the pack's answers on these facts."""
    now = _now(pack, facts, on, held)
    return [code for code, rule in pack.actions.items() if held[rule.when] and now.opens(rule)]


def action_of(pack: Pack, code: str, facts: Facts, on: date, held: Sequence[bool] | None = None) -> Action:
    """One action as ``assess`` tells of it; ``held`` are the pack's answers on these facts, if they are known.

    Raises KeyError for an action that the pack does not have.
    """
    rule, held = pack.actions[code], pack.answers(facts, on) if held is None else held
    return _now(pack, facts, on, held).action(rule) if held[rule.when] else rule.shut


def _now(pack: Pack, facts: Facts, on: date, held: Sequence[bool]) -> "_Now":
    exceptions, readings = stated(facts, "exceptions"), stated(facts, "readings")
    documents = frozenset(stated(facts, "documents"))
    papers = [rule for rule in pack.papers if held[rule.when]]
    blocks = [rule for rule in pack.blocks if held[rule.when]]
    return _Now(
        pack=pack,
        facts=facts,
        on=on,
        held=held,
        papers=papers,
        missing=[(one.missing, one.needed_for) for one in papers if one.missing and one.paper.code not in documents],
        blocks=blocks,
        shutting=[rule for rule in blocks if rule.block.code not in exceptions],
        disputes=tuple(_decided(rule.dispute, readings) for rule in pack.disputes if held[rule.when]),
    )


class _Now(msgspec.Struct, frozen=True):
    """A project at one moment: what its actions depend on."""

    pack: Pack
    facts: Facts
    on: date
    held: Sequence[bool]
    papers: Sequence[RuledPaper]
    missing: Sequence[tuple[Reason, frozenset[str]]]
    blocks: Sequence[RuledBlock]
    shutting: Sequence[RuledBlock]
    disputes: tuple[Dispute, ...]

    def action(self, rule: RuledAction) -> Action:
        """The action, its stage having come: what is still missing, and what its form offers."""
        code, shut = rule.shut.code, rule.shut
        offered = self._offered(rule)
        if not all(offered.values()):
            return shut
        form = shut.form
        if offered:
            form = tuple(replace(field, options=offered.get(field.name, field.options)) for field in form)
        opens_on, closes_on, reasons = self._window(rule)
        reasons += [*self._lacking(rule)]
        return replace(
            shut,
            timely=True,
            open=not reasons,
            reasons=tuple(reasons),
            form=form,
            papers=tuple(p.paper.code for p in self.papers if code in p.handed_in_with),
            opens_on=opens_on,
            closes_on=closes_on,
        )

    def opens(self, rule: RuledAction) -> bool:
        """Whether ``action`` would be open, its stage having come."""
        if rule.window and not rule.window.open(self.pack, self.facts, self.on):
            return False
        return all(self._offered(rule).values()) and next(self._lacking(rule), None) is None

    def _offered(self, rule: RuledAction) -> dict[str, tuple[Option, ...]]:
        """What the fields offer whose choices depend on the project; without any the stage has not come."""
        offered = {}
        if rule.grants is not None:
            offered[rule.grants] = self._exceptions(rule.shut)
        if rule.settles is not None:
            offered[rule.settles] = self._readings()
        return offered

    def _lacking(self, rule: RuledAction) -> Iterator[Reason]:
        code, facts = rule.shut.code, self.facts
        yield from (reason for slot, reason in rule.needs if not self.held[slot])
        asked = self.pack.intake if rule.rule.complete else ()
        if names := [field.label for field in asked if field.required and field.name not in facts]:
            said = _messages.text("unanswered", names="、".join(names))
            yield Reason("unanswered", said, _messages.remedy("unanswered"), rule.shut.basis)
        yield from (reason for reason, needed_for in self.missing if code in needed_for)
        yield from (block.reason for block in self.shutting if code in block.closes)

    def _window(self, rule: RuledAction) -> tuple[date | None, date | None, list[Reason]]:
        window = rule.window
        if window is None:
            return None, None, []
        opens, closes = window.days(self.pack, self.facts, self.on)
        if window.open(self.pack, self.facts, self.on):
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
