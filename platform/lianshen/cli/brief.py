"""``lianshen assess --brief``: the answer for people, a line for each thing the law says, each with its article."""

from collections.abc import Iterator

from lianshen.cli.texts import text
from lianshen.kernel.words import day
from lianshen.rules.queries import Answered, Explained
from lianshen.rules.types import Assessment, Basis, Block, Paper


def brief(answer: Answered | Explained) -> Iterator[str]:
    """The lines, headings among them; what does not apply is left out."""
    if isinstance(answer, Explained):
        yield from _explained(answer)
        return
    said = answer.assessment
    yield text("brief_head", title=said.title, number=said.number, version=said.version, on=day(said.on))
    yield from _verdict(said)
    yield from _part(
        "blocks", [text(_barred(one), label=one.label, remedy=one.remedy) + _at(one.basis) for one in said.blocks]
    )
    yield from _part("papers", [one.label + _with(one) + _at(one.basis) for one in said.papers])
    yield from _part("choices", [one.label + _at(one.basis) for one in said.choices])
    yield from _part("contents", [one.label + _at(one.basis) for one in said.contents])
    yield from _part(
        "steps", [text("brief_step", by=one.by_label, label=one.label) + _at(one.basis) for one in said.steps]
    )
    yield from _part("open", [one.label + _at(one.basis) for one in said.actions if one.open])
    shut = [(one, reason) for one in said.actions if one.timely and not one.open for reason in one.reasons]
    yield from _part(
        "shutting",
        [text("brief_shut", label=one.label, why=why.label, remedy=why.remedy) + _at(why.basis) for one, why in shut],
    )
    yield from _part("clocks", _terms(answer))
    yield from _part(
        "notices",
        [text("brief_pair", label=one.label, said=one.bodies_label) + _at(one.basis) for one in answer.escalation]
        + [one.label + _at(one.basis) for one in said.notices],
    )
    yield from _part(
        "disputes",
        [
            text("brief_dispute", point=one.point, reading=one.reading, other=one.other) + _at(one.basis)
            for one in said.disputes
        ],
    )


def _with(paper: Paper) -> str:
    return text("brief_with", acts="”“".join(paper.acts)) if paper.acts else ""


def _verdict(said: Assessment) -> Iterator[str]:
    if not said.published:
        yield text("brief_unpublished")
    if not said.in_force:
        yield text("brief_not_in_force")
    yield text(f"brief_scope_{said.in_scope}") + _at(said.scope_basis)
    if said.management_basis is not None:
        yield text("brief_management", label=said.management_label) + _at(said.management_basis)
    for tier in said.tiers:
        yield tier.label + _at(tier.basis)


def _barred(block: Block) -> str:
    if block.granted:
        return "brief_granted"
    return "brief_absolute" if block.strength == "absolute" else "brief_in_principle"


def _terms(answer: Answered) -> list[str]:
    due = {one.clock: one for one in answer.forecasts}
    lines = []
    for clock in answer.assessment.clocks:
        known = due.get(clock.code)
        code = "brief_undated" if known is None else "brief_supposed" if known.supposed else "brief_due"
        last = day(known.due_on) if known is not None else ""
        lines.append(text(code, label=clock.label, trigger=clock.trigger_label, due=last) + _at(clock.basis))
    return lines


def _explained(answer: Explained) -> Iterator[str]:
    for one in answer.explanations:
        yield one.label or one.item
        if one.remark:
            yield "  " + one.remark
        ways = [way for ways in (one.ways, *(part.ways for part in one.parts)) for way in ways]
        yield from ("  " + way.sentence + _at(way.changes[0].basis) for way in ways)


def _part(name: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield text(f"brief_{name}")
        yield from ("  " + line for line in lines)


def _at(basis: Basis) -> str:
    """Where the law says so."""
    return text("brief_basis", instrument=f"《{basis.instrument}》" if basis.instrument else "", article=basis.article)
