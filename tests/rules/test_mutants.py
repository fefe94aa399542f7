"""A number of a shipped pack that is off by one is refused; a comparison turned round is refused or fails a case."""

from functools import cache
from pathlib import Path

import pytest

from lianshen.rules._compile import _Compiler
from lianshen.rules._expression import ExpressionError
from lianshen.rules._layers import resolved
from lianshen.rules._oracle import differences
from lianshen.rules._schema import Law
from lianshen.rules._source import Source, every, first
from lianshen.rules._vocabulary import Vocabulary, extended
from lianshen.rules.queries import Case, Pack, PackError, read_cases
from tests.rules.law import BESIDE, TENANTS, calendar, vocabulary
from tests.rules.mutants import shifted, turned, with_text

PACKS = sorted(TENANTS.glob("*/pack-*"))
BOUNDS = Path(__file__).parent / "bounds"
CASES = [BOUNDS, Path(__file__).parent / "cases", BESIDE / "golden"]


@cache
def read(folder: Path) -> tuple[Source, Law, Vocabulary]:
    source = resolved(folder)
    law = first(source.read(Law))
    assert law is not None
    return source, law, first(extended(vocabulary(), source, law))


@cache
def cases(folder: Path) -> list[Case]:
    """What is asked of the jurisdiction and answered as it should be."""
    name = folder.parent.name.partition("-")[2]
    pack = pack_of(folder)
    asked = [case for home in CASES for file in sorted(home.glob("*.yaml")) for case in read_cases(file)]
    return [case for case in asked if case.jurisdiction == name and not differences(pack, calendar(), case)]


def made(folder: Path, law: Law) -> Pack | None:
    """The pack as changed, not proved by search; None if it is refused."""
    source, _, words = read(folder)
    try:
        return _Compiler(source, law, words).pack(calendar(), None, {})
    except (PackError, ExpressionError):
        return None


def pack_of(folder: Path) -> Pack:
    pack = made(folder, read(folder)[1])
    assert pack is not None
    return pack


@pytest.mark.parametrize(
    "case", [case for file in sorted(BOUNDS.glob("*.yaml")) for case in read_cases(file)], ids=lambda case: case.id
)
def test_questions_on_both_sides_of_a_bound(case: Case) -> None:
    (folder,) = TENANTS.glob(f"*-{case.jurisdiction}/pack-*")
    assert differences(pack_of(folder), calendar(), case) == ()
    assert case.why


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.parent.name)
def test_a_number_that_is_off_by_one_is_refused(folder: Path) -> None:
    source, law, words = read(folder)
    for name, changed in shifted(law):
        faults: list[PackError] = []
        every(_Compiler(source, changed, words).prove(), faults)
        where = source.error(("parameters", name, "value"), "number_other", name=name, text="", said="")
        told = {(fault.file, fault.line) for fault in faults if fault.code == "number_other"}
        assert told == {(where.file, where.line)}, name


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.parent.name)
def test_a_comparison_turned_round_is_refused_or_fails_a_case(folder: Path) -> None:
    source, law, words = read(folder)
    written = _Compiler(source, law, words).written()
    survivors = [
        (spot, mutant)
        for spot, text in written
        for mutant in turned(text, law.parameters.keys())
        if (pack := made(folder, with_text(law, spot, mutant))) is not None
        and not any(differences(pack, calendar(), case) for case in cases(folder))
    ]
    assert survivors == []
