"""Example projects that prove a pack: one for which each condition holds, and one for which each act opens.

``lianshen pack prove`` searches for them and keeps them beside the rules, in ``witnesses.json``. Whoever reads the pack
goes through them again, which takes a moment; only what they do not show is searched for anew. They are no part of the
law.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec

from lianshen.rules._assess import open_codes
from lianshen.rules._enact import asked_of, begun, expire, facts_after
from lianshen.rules._expression import ExpressionError
from lianshen.rules._pack import Pack
from lianshen.rules._vocabulary import frozen
from lianshen.rules.types import Facts, FactValue

FILE = "witnesses.json"


class Move(msgspec.Struct, frozen=True, omit_defaults=True):
    """An act done ``by`` a body with ``inputs``, or the end of the term ``expires``, or nothing ``until`` a day."""

    act: str = ""
    inputs: dict[str, bool | int | str] = {}
    by: str = ""
    expires: str = ""
    until: date | None = None


class Witness(msgspec.Struct, frozen=True):
    """A declaration, and what happened to it, from the first day of the law on."""

    facts: dict[str, bool | int | str | list[str]]
    moves: list[Move] = []


class Known(dict[str, FactValue]):
    """The facts of a project that remembers its way: the facts before the last move, and the move."""

    before: Facts
    move: Move


def after(before: Facts, move: Move, facts: Facts) -> Known:
    """``facts``, which came of ``before`` by a move."""
    known = Known(facts)
    known.before, known.move = before, move
    return known


def witness_of(facts: Facts) -> Witness:
    """The way that led to these facts."""
    moves: list[Move] = []
    while isinstance(facts, Known):
        moves.append(facts.move)
        facts = facts.before
    return Witness(msgspec.to_builtins(dict(facts)), moves[::-1])


Shown = int | str
"""What a project shows: a place of the pack's answers (below zero: a recast, -1 the first), or an act that opens."""


def shown(pack: Pack, witness: Witness) -> set[Shown]:
    """Everything that the project shows."""
    found: set[Shown] = set()
    recasts = {rule.recast: -1 - place for place, rule in enumerate(pack.recasts)}
    for facts, on, held, acts in _states(pack, witness):
        found.update(place for place, holds in enumerate(held) if holds)
        found.update(acts)
        found.update(recasts[recast] for recast in pack.recast(facts, on))
    return found


def plainest(pack: Pack, witness: Witness, needed: set[Shown]) -> Witness:
    """The witness without whatever it does not need in order to show that."""
    for place in reversed(range(len(witness.moves))):
        less = Witness(witness.facts, [*witness.moves[:place], *witness.moves[place + 1 :]])
        if needed <= shown(pack, less):
            witness = less
    for name in sorted(witness.facts):
        less = Witness({other: said for other, said in witness.facts.items() if other != name}, witness.moves)
        if needed <= shown(pack, less):
            witness = less
    return witness


def _states(pack: Pack, witness: Witness) -> Iterator[tuple[Facts, date, list[bool], Sequence[str]]]:
    """The project after each move, as far as it can go: facts, day, the pack's answers, and the acts that are open.

    It begins with what a declaration can say, and a term ends that an act has begun.
    """
    facts: Facts = {name: frozen(value) for name, value in witness.facts.items()}
    if not facts.keys() <= {"documents", *pack.linked, *(field.name for field in pack.intake)}:
        return
    on, running = pack.since, set[str]()
    for move in [*witness.moves, None]:
        try:
            held = pack.answers(facts, on)
        except ExpressionError:
            return
        acts = open_codes(pack, facts, on, held)
        yield facts, on, held, acts
        if move is None:
            return
        if move.until is not None:
            if move.until <= on or not pack.in_force(move.until):
                return
            on = move.until
            continue
        if move.expires:
            if move.expires not in running or not begun(pack, move.expires, facts, on, held):
                return
            facts = expire(pack, facts, move.expires, on).facts
            running = running - {move.expires} | {*pack.clocks[move.expires].rule.on_expiry.starts}
        elif move.act in acts:
            ruled = pack.actions[move.act]
            facts = facts_after(pack, facts, ruled, move.inputs, on, asked=asked_of(ruled, held), by=move.by)
            running = running - {*ruled.rule.stops} | {*ruled.rule.starts}
        else:
            return


def read(folder: Path) -> list[Witness]:
    """The witnesses kept beside a pack; none where they do not read, for they are found again."""
    file = folder / FILE
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Witness]) if file.exists() else []
    except msgspec.MsgspecError:
        return []


def write(folder: Path, witnesses: Sequence[Witness]) -> None:
    """Keep them, one a line, so that a change of the pack shows as few changed lines."""
    lines = ",\n".join(msgspec.json.encode(witness).decode() for witness in witnesses)
    (folder / FILE).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
