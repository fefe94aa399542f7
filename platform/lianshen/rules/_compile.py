"""From a pack as written to a pack that works, refusing whatever does not fit together."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _acts as a
from lianshen.rules import _messages, _reach
from lianshen.rules import _schema as s
from lianshen.rules._checks import axes_of, check_permissions, dates_in_order, listed
from lianshen.rules._derived import DateFormula, Figure
from lianshen.rules._entry import ALWAYS
from lianshen.rules._filled import filled
from lianshen.rules._form import form_of
from lianshen.rules._ground import Ground
from lianshen.rules._ladders import Extension, Waiver
from lianshen.rules._layers import lineage_of, resolved
from lianshen.rules._pack import Pack
from lianshen.rules._release import Release, digest_of, digests_of, released
from lianshen.rules._ruled import (
    Axis,
    RuledAction,
    RuledBlock,
    RuledChoice,
    RuledClock,
    RuledContent,
    RuledDispute,
    RuledNotice,
    RuledPaper,
    RuledRecast,
    RuledStep,
    RuledWindow,
    Scope,
)
from lianshen.rules._source import Faults, first
from lianshen.rules._texts import check_quotations
from lianshen.rules._turns import SPANS, Span, rungs_of, turns_of
from lianshen.rules._vocabulary import Vocabulary, answers_to, extended
from lianshen.rules._witness import read as read_witnesses
from lianshen.rules.types import (
    Action,
    Basis,
    Block,
    Choice,
    Clock,
    Content,
    Dispute,
    Leave,
    Notice,
    Paper,
    Reason,
    Recast,
    Step,
    Tier,
)
from lianshen.workcalendar.queries import Calendar, Unit

_COUNTED = ("day", "month", "year", "count", "percent", "per_mille")


def load_pack(
    folder: Path, vocabulary: Vocabulary, calendar: Calendar, permissions: Collection[str] | None = None
) -> Pack:
    """Read, prove and compile ``tenants/<code>-<name>/pack-<first day in force>``.

    ``permissions``: those that actions may ask for, where that is known. Raises PackError: where, what, what to do.
    """
    pack = first(compiled(folder, vocabulary, calendar, permissions=permissions))
    assert pack is not None
    return pack


def compiled(
    folder: Path,
    vocabulary: Vocabulary,
    calendar: Calendar,
    texts: Path | None = None,
    permissions: Collection[str] | None = None,
) -> Faults[Pack | None]:
    """Read, prove and compile a pack; None where it is so wrong that it cannot work.

    With ``texts``, a folder of regulations, its quotations are looked up, with ``permissions`` those of its actions.
    """
    source = resolved(folder)
    digests = digests_of(source, vocabulary)
    release = yield from released(source, digests)
    source.said = filled(source.said, source.said.get("parameters") or {})
    law = yield from source.read(s.Law)
    if law is None:
        return None
    compiler = _Compiler(source, law, (yield from extended(vocabulary, source, law)))
    if texts is not None:
        yield from check_quotations(source, law.clauses, texts)
    yield from check_permissions(source, law, permissions)
    if not (yield from compiler.prove()):
        return None
    pack = compiler.pack(calendar, release, digests)
    for dead in _reach.never(pack, read_witnesses(folder)):
        yield compiler.dead(dead)
    return pack


class _Compiler(Ground):
    def pack(self, calendar: Calendar, release: Release | None, digests: Mapping[str, str]) -> Pack:
        """The pack that works. Raises PackError."""
        law, (since, until) = self.law, self.term()
        tenant = self.source.folder.parent.name.partition("-")[0]
        return Pack(
            ref=f"{tenant}@{since}",
            tenant=tenant,
            version=since.isoformat(),
            digest=digest_of(digests),
            digests=digests,
            written=law,
            release=release,
            title=law.instrument.title,
            number=law.instrument.number,
            status=law.instrument.status,
            since=since,
            until=until,
            term=self.basis(law.instrument.in_force.clause),
            vocabulary=self.vocabulary,
            calendar=calendar,
            axes=tuple(self._axis(name, tiers) for name, tiers in axes_of(law).items()),
            figures=tuple(
                Figure(name, tuple(rule.first_of or rule.sum_of), adds=bool(rule.sum_of))
                for name, rule in law.figures.items()
            ),
            dates=tuple(self._date(name) for name in dates_in_order(self.source, law)),
            parameters={name: self.basis(rule.clause, names=(name,)) for name, rule in law.parameters.items()},
            amounts=tuple(self.parameters[name] for name, rule in law.parameters.items() if rule.unit == "yuan"),
            numbers=tuple(self.parameters[name] for name, rule in law.parameters.items() if rule.unit in _COUNTED),
            effective=self.slot(("instrument", "in_force", "when"), law.instrument.in_force.when),
            managements=answers_to(self.vocabulary, "management"),
            scope=Scope("yes", self.basis(law.scope.clause)),
            exclusions=tuple(
                self._exclusion(("scope", "exclusions", place), rule) for place, rule in enumerate(law.scope.exclusions)
            ),
            ways=tuple(self._way(("scope", "ways", place), rule) for place, rule in enumerate(law.scope.ways)),
            papers=tuple(self._paper(("papers", place), rule) for place, rule in enumerate(law.papers)),
            choices=tuple(self._choice(("choices", place), rule) for place, rule in enumerate(law.choices)),
            contents=tuple(self._content(("contents", place), rule) for place, rule in enumerate(law.contents)),
            steps=tuple(self._step(("steps", place), rule) for place, rule in enumerate(law.steps)),
            blocks=tuple(self._block(("blocks", place), rule) for place, rule in enumerate(law.blocks)),
            notices=tuple(self._notice(("notices", place), rule) for place, rule in enumerate(law.notices)),
            disputes=tuple(self._dispute(("disputes", place), rule) for place, rule in enumerate(law.disputes)),
            clocks={rule.clock: self._clock(("clocks", place), rule) for place, rule in enumerate(law.clocks)},
            actions={rule.action: self._action(("actions", place), rule) for place, rule in enumerate(law.actions)},
            phases=tuple(
                (self.ask(("phases", place), rule), rule.phase, rule.label) for place, rule in enumerate(law.phases)
            ),
            amendable=self.ask((), law),
            intake=tuple(
                field
                for place, part in enumerate(law.intake)
                for field in form_of(self.source, ("intake", place), part.fields, self.vocabulary, part.section)
            ),
            recasts=tuple(
                RuledRecast(
                    self.recasting.ask(rule.when),
                    Recast(rule.fact, rule.treated_as, rule.label, self.basis(rule.clause, rule.when)),
                )
                for rule in law.recasts
            ),
            lineage=lineage_of(self.source),
            of_unit=frozenset(name for name, fact in self.vocabulary.facts.items() if fact.subject == "unit"),
            links={name: rule.facts for name, rule in law.links.items()},
            program=self.program,
            recasting=self.recasting,
            neutral=self.sealed(),
        )

    def _paper(self, spot: Spot, rule: s.PaperRule) -> RuledPaper:
        acts = tuple(one.label for one in self.law.actions if one.action in rule.for_)
        paper = Paper(rule.paper, self.vocabulary.documents[rule.paper], self.basis(rule.clause, rule.when), acts)
        said = {"paper": paper.label}
        missing = Reason(
            code="missing_paper",
            label=_messages.text("missing_paper", **said),
            remedy=_messages.remedy("missing_paper"),
            basis=paper.basis,
            paper=rule.paper,
        )
        return RuledPaper(
            when=self.ask(spot, rule),
            paper=paper,
            needed_for=frozenset(rule.for_),
            events=frozenset(rule.at).union(*map(self._events_for, rule.for_)),
            handed_in_with=frozenset(rule.with_ or rule.for_),
            missing=None if rule.enforced_by else missing,
        )

    def _events_for(self, action: str) -> frozenset[str]:
        """The events that ``action`` answers: its own, and those that start a clock which it stops."""
        stopped = {clock for rule in self.law.actions if rule.action == action for clock in rule.stops}
        return frozenset[str]().union(
            *(
                (rule.action, *rule.events)
                for rule in self.law.actions
                if rule.action == action or stopped.intersection(rule.starts)
            )
        )

    def _step(self, spot: Spot, rule: s.StepRule) -> RuledStep:
        step = Step(
            code=rule.step,
            label=self.vocabulary.steps[rule.step],
            by=tuple(rule.by),
            by_label="、".join(self.vocabulary.bodies[body] for body in rule.by),
            basis=self.basis(rule.clause, rule.when),
        )
        return RuledStep(
            when=self.ask(spot, rule),
            step=step,
            before=frozenset(rule.before),
            events=frozenset(rule.at),
            done=self.slot((*spot, "done"), rule.done),
        )

    def _axis(self, variable: str, tiers: s.Tiers) -> Axis:
        figure = self.law.figures.get(tiers.by)
        return Axis(
            variable=variable,
            by=tiers.by,
            of=tuple(figure.first_of or figure.sum_of) if figure else (tiers.by,),
            starts=tuple(self.parameters[band.from_] for band in tiers.bands if band.from_),
            tiers=tuple(
                Tier(band.tier, band.label, self.basis(band.clause, names=(band.from_, band.below)))
                for band in tiers.bands
            ),
        )

    def _date(self, name: str) -> DateFormula:
        rule = self.law.dates[name]
        if rule.yearly:
            month, day = str(self.law.parameters[rule.yearly].value).split("-")
            day_of_year, year_of = (int(month), int(day)), rule.year_of or ""
            return DateFormula(name, listed(rule.from_), yearly=day_of_year, years=rule.years, year_of=year_of)
        sign, budget = (-1, rule.before) if rule.before else (1, rule.after)
        unit, count = self._span(budget) if budget else ("days", 0)
        counting = (rule.first_day or "not_counted", rule.rolling or "none")  # what does not count says neither
        return DateFormula(name, listed(rule.from_), unit, count * sign, *counting)

    def _span(self, budget: str) -> tuple[Span, int]:
        """A length of time as the calendar counts it."""
        unit, times = SPANS[self.law.parameters[budget].unit]
        return unit, self.parameters[budget] * times

    def _content(self, spot: Spot, rule: s.ContentRule) -> RuledContent:
        label = self.vocabulary.contents[rule.content]
        content = Content(rule.content, label, rule.of, present=True, basis=self.basis(rule.clause, rule.when))
        present = self.slot((*spot, "present"), rule.present)
        return RuledContent(self.ask(spot, rule), content, frozenset(rule.at), present)

    def _block(self, spot: Spot, rule: s.BlockRule) -> RuledBlock:
        label, basis = self.vocabulary.blocks[rule.block], self.basis(rule.clause, rule.when)
        block, granted = (
            Block(rule.block, label, rule.remedy, rule.strength, rule.overridable_by, granted, basis)
            for granted in (False, True)
        )
        closed = [action for action in self.law.actions if action.action in rule.closes]
        paper = next((paper.paper for paper in self.law.papers if paper.enforced_by == rule.block), None)
        return RuledBlock(
            when=self.ask(spot, rule),
            block=block,
            granted=granted,
            reason=Reason(rule.block, label, rule.remedy, basis, paper),
            closes=frozenset(rule.closes),
            events=frozenset(rule.closes).union(rule.at, *(action.events for action in closed)),
            decided_by=tuple(rule.decided_by),
        )

    def _notice(self, spot: Spot, rule: s.NoticeRule) -> RuledNotice:
        value = [rule.value] if isinstance(rule.value, str) else rule.value
        return RuledNotice(
            when=self.ask(spot, rule),
            notice=Notice(rule.notice, rule.label, self.basis(rule.clause, f"{rule.when} {rule.computes or ''}")),
            value=tuple(value) if isinstance(value, list) else value,
            computed=self.slot((*spot, "computes"), rule.computes or ALWAYS),
            events=frozenset(rule.at),
            strength=rule.strength,
        )

    def _exclusion(self, spot: Spot, rule: s.Exclusion) -> tuple[int, Scope]:
        return self.ask(spot, rule), Scope(rule.answer, self.basis(rule.clause, rule.when))

    def _way(self, spot: Spot, rule: s.Way) -> tuple[int, str, Basis]:
        return self.ask(spot, rule), rule.management, self.basis(rule.clause, rule.when)

    def _choice(self, spot: Spot, rule: s.ChoiceRule) -> RuledChoice:
        choice = Choice(rule.choice, rule.label, tuple(rule.papers), self.basis(rule.clause, rule.when))
        return RuledChoice(self.ask(spot, rule), choice)

    def _dispute(self, spot: Spot, rule: s.DisputeRule) -> RuledDispute:
        basis = self.basis(rule.clause, rule.when)
        dispute = Dispute(rule.point, rule.reading, rule.other, basis, code=rule.code or "", gap=rule.gap)
        return RuledDispute(self.ask(spot, rule), dispute)

    def _clock(self, spot: Spot, rule: s.ClockRule) -> RuledClock:
        unit: Unit = "date"
        budget: int | None = None
        if rule.budget:
            unit, budget = self._span(rule.budget)
            budget = -budget if rule.direction == "before" else budget
        clock = Clock(
            code=rule.clock,
            label=rule.label,
            budget=budget,
            unit=unit,
            first_day=rule.first_day or "not_counted",
            rolling=rule.rolling,
            cut_off=rule.cut_off,
            owed_by=rule.owed_by,
            owed_to=rule.owed_to,
            trigger_label=rule.trigger,
            on_expiry=rule.on_expiry.code,
            on_expiry_label=rule.on_expiry.label,
            disputed=rule.disputed,
            basis=self.basis(rule.clause, rule.when, names=(rule.budget, *self._lengths(listed(rule.from_)))),
            standing=rule.standing,
            ladder=rungs_of(self.law, rule.ladder),
            extension=self._leave(rule.extension),
            waiver=self._leave(rule.waiver),
        )
        starting = [{action.action, *action.events} for action in self.law.actions if rule.clock in action.starts]
        events = frozenset(rule.events).union(*starting)
        return RuledClock(self.ask(spot, rule), rule, clock, listed(rule.from_), events)

    def _leave(self, rule: Extension | Waiver | None) -> Leave | None:
        if rule is None:
            return None
        most, times = (rule.most, rule.times) if isinstance(rule, Extension) else (None, None)
        unit, length = self._span(most) if most else (None, None)
        basis = self.basis(rule.clause, names=(most, times))
        return Leave(tuple(rule.by), basis, length, unit, self.parameters[times] if times else None)

    def _lengths(self, dates: Iterable[str]) -> Iterator[str | None]:
        """The parameters of the derived ones among some dates."""
        for name in dates:
            if date_rule := self.law.dates.get(name):
                yield from (date_rule.after, date_rule.before, date_rule.yearly)

    def _action(self, spot: Spot, rule: a.ActionRule) -> RuledAction:
        basis = self.basis(rule.clause, rule.when)
        reason = Reason(
            "not_timely", _messages.text("not_timely", action=rule.label), _messages.remedy("not_timely"), basis
        )
        shut = Action(
            code=rule.action,
            label=rule.label,
            tone=rule.tone,
            permission=rule.permission,
            by=tuple(rule.by),
            duty=rule.duty,
            task=rule.task,
            due_clock=rule.due_clock,
            timely=False,
            open=False,
            reasons=(reason,),
            form=form_of(self.source, spot, rule.form, self.vocabulary),
            papers=(),
            starts=tuple(rule.starts),
            basis=basis,
        )
        needs = tuple(
            (
                self.ask((*spot, "requires", place), need),
                Reason(need.code, need.label, need.remedy, self.basis(need.clause, need.when)),
            )
            for place, need in enumerate(rule.requires)
        )
        checks = tuple(
            (
                self.ask((*spot, "checks", place), need),
                need.field,
                Reason(need.field, need.label, need.remedy, self.basis(need.clause, need.when)),
            )
            for place, need in enumerate(rule.checks)
        )
        asks = tuple((self.ask((*spot, "asks", place), ask), ask.body) for place, ask in enumerate(rule.asks))
        return RuledAction(
            when=self.ask(spot, rule),
            rule=rule,
            shut=shut,
            ready=replace(shut, timely=True, open=True, reasons=()),
            needs=needs,
            checks=checks,
            asks=asks,
            grants=a.chosen_in(rule, "exceptions"),
            settles=a.chosen_in(rule, "disputes"),
            turns=turns_of(rule, self._span),
            window=None if rule.window is None else self._window(rule.window),
            events=frozenset({rule.action, *rule.events}),
        )

    def _window(self, rule: a.Window) -> RuledWindow:
        basis = self.basis(rule.clause, names=tuple(self._lengths((*listed(rule.from_), *listed(rule.until)))))
        return RuledWindow(listed(rule.from_), listed(rule.until), rule.label, rule.remedy, basis)
