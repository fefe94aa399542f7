"""Example projects kept beside a pack prove it without a search, and prove nothing that is not so."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from lianshen.rules import _reach, _witness
from lianshen.rules._compile import load_pack
from lianshen.rules.queries import PackError, prove
from tests.rules.law import TENANTS, calendar, vocabulary

PACKS = sorted([*TENANTS.glob("*/pack-*"), *TENANTS.glob("_example/*/pack-*")])
SOUND = (Path(__file__).parent / "minimal.yaml").read_text(encoding="utf-8")


def refuse(_: object) -> None:
    raise AssertionError("searched")


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.parent.name)
def test_nothing_of_a_shipped_pack_is_left_to_search_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails after a change of a pack: lianshen pack prove tenants."""
    monkeypatch.setattr(_reach._Search, "_search", refuse)
    load_pack(folder, vocabulary(), calendar())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "999999-test" / "pack-2025-01-01"
    folder.mkdir(parents=True)
    (folder / "law.yaml").write_text(SOUND, encoding="utf-8")
    return folder


def test_witnesses_are_found_kept_and_enough(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ((folder, count),) = prove([home], TENANTS)
    assert (folder, count) == (home, len(_witness.read(home)))
    monkeypatch.setattr(_reach._Search, "_search", refuse)
    load_pack(home, vocabulary(), calendar())
    (home / "law.yaml").write_text(
        SOUND.replace("when: emergency, clause", "when: emergency && !large, clause"), encoding="utf-8"
    )
    with pytest.raises(AssertionError, match="searched"):
        load_pack(home, vocabulary(), calendar())


def test_a_dead_rule_is_refused_whatever_stands_beside_it(home: Path) -> None:
    list(prove([home], TENANTS))
    (home / "law.yaml").write_text(
        SOUND.replace("when: emergency, clause", "when: emergency && !emergency, clause"), encoding="utf-8"
    )
    with pytest.raises(PackError) as refused:
        load_pack(home, vocabulary(), calendar())
    assert refused.value.code == "never"


@pytest.mark.parametrize(
    "witness",
    [
        _witness.Witness({"approved": True}, [_witness.Move(act="approve")]),
        _witness.Witness({}, [_witness.Move(act="nothing")]),
        _witness.Witness({}, [_witness.Move(expires="reapply"), _witness.Move(act="submit")]),
        _witness.Witness({"no_such_fact": True}),
    ],
)
def test_what_cannot_be_done_shows_nothing(home: Path, witness: _witness.Witness) -> None:
    pack = load_pack(home, vocabulary(), calendar())
    plain = _witness.shown(pack, _witness.Witness({}))
    assert _witness.shown(pack, witness) == (set() if witness.facts else plain)


def test_a_file_that_does_not_read_is_as_if_it_were_not_there(home: Path) -> None:
    (home / _witness.FILE).write_text("[{", encoding="utf-8")
    assert load_pack(home, vocabulary(), calendar()).ref == "999999@2025-01-01"
    (home / _witness.FILE).write_bytes(msgspec.json.encode([{"facts": {"kind": 3}}]))
    assert load_pack(home, vocabulary(), calendar()).ref == "999999@2025-01-01"


RICHER = (Path(__file__).parent / "richer.yaml").read_text(encoding="utf-8")
CLAUSE = "  R-5: {article: 第十二条, quotation: 每年10月1日至12月底前}\n"
FROM = '  asked_from: {value: "10-01", unit: month_day, text: 10月1日, clause: R-5}\n'
YEARLY = (
    RICHER.replace("clauses:\n", f"clauses:\n{CLAUSE}", 1)
    .replace("parameters:\n", f"parameters:\n{FROM}", 1)
    .replace("dates:\n", "dates:\n  opens: {yearly: asked_from, clause: R-3}\n", 1)
)
SETS = "    sets: {submitted: true}\n"
WINDOW = f"    window: {{from: opens, until: report_day, label: 申报, remedy: 请改期。, clause: R-3}}\n{SETS}"
NEED = """    requires:
      - {code: early, label: 未到时间, remedy: 请改期。, when: today >= opens && today < report_day, clause: R-3}
"""


@pytest.mark.parametrize(
    ("sound", "yearly"),
    [
        (SETS, WINDOW),
        ("    requires:\n", NEED),
        # What is filed in the window of one year, and what then waits for the next year.
        ("when: emergency, clause: T-2}\nsteps", "when: submitted && today < opens, clause: T-2}\nsteps"),
    ],
)
def test_what_waits_for_a_day_of_the_year_is_found(home: Path, sound: str, yearly: str) -> None:
    law = SOUND.replace(SETS, WINDOW) if "today < opens" in yearly else SOUND
    assert sound in law
    (home / "law.yaml").write_text(law.replace(sound, yearly, 1), encoding="utf-8")
    (home / "more.yaml").write_text(YEARLY, encoding="utf-8")
    list(prove([home], TENANTS))
    waits = [move.until for witness in _witness.read(home) for move in witness.moves if move.until]
    assert waits
    pack = load_pack(home, vocabulary(), calendar())
    assert all(map(pack.in_force, waits))


@pytest.mark.parametrize("until", [date(2025, 1, 1), date(2024, 12, 31), date(2027, 1, 1)])
def test_nobody_waits_for_a_day_gone_by_or_out_of_force(home: Path, until: date) -> None:
    pack = load_pack(home, vocabulary(), calendar())
    late = _witness.Witness({}, [_witness.Move(until=until), _witness.Move(act="submit")])
    assert _witness.shown(pack, late) == _witness.shown(pack, _witness.Witness({}))
