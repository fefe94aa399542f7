"""Every key of the language does something: changed in the invented county's pack, some answer changes (lesson 20).

The keys are those of the structs that packs are read into, so a new key without effect, or one that the invented county
does not use, fails here by itself. ``tenants/KEYS.md`` names these tests, one for each key.
"""

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import msgspec
import pytest

from lianshen.rules import _reach, _schema
from lianshen.rules._coverage import WrittenClause
from lianshen.rules._layers import NAMED_BY
from lianshen.rules._oracle import differences
from lianshen.rules._registry import overlaps
from lianshen.rules._source import Source
from lianshen.rules.queries import Pack, PackError, amiss, answer, assess, coverage, enact, expire, load_pack
from lianshen.rules.types import Assessment
from tests.rules.keys import KEYS, changes
from tests.rules.law import TENANTS, calendar, vocabulary
from tests.rules.probes import CASES, DATES, FACTS, GIVEN, INPUTS

EXAMPLE = TENANTS / "_example"
HOME = EXAMPLE / "990001-yangli"
COUNTY, DRAFT = HOME / "pack-2026-01-01", HOME / "pack-2028-07-01"
TRIES = 30


@cache
def written(folder: Path) -> dict[str, Any]:
    """The files of one version, joined."""
    return Source(folder).said


@cache
def shipped(folder: Path) -> Pack:
    """One version as it is."""
    return load_pack(folder, vocabulary(), calendar())


def load(tenants: Path, folder: Path, said: dict[str, Any]) -> Pack:
    """A version that says something else, below the same city and beside the same other version."""
    home = tenants / HOME.name
    home.mkdir(parents=True)
    for place in (EXAMPLE / "990000-yangli-city", HOME / "tenant.yaml", *({COUNTY, DRAFT} - {folder})):
        (tenants / place.relative_to(EXAMPLE)).symlink_to(place)
    changed = home / f"pack-{said['instrument']['in_force']['from']}"
    changed.mkdir()
    (changed / "law.yaml").write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
    return load_pack(changed, vocabulary(), calendar())


def behaviour(pack: Pack, packs: Path) -> Iterator[bytes]:
    """What people, programs and the platform get from the pack, piece by piece: all but digests."""
    for piece in _told(pack, packs):
        yield msgspec.json.encode(piece, enc_hook=list)


def _told(pack: Pack, packs: Path) -> Iterator[Any]:
    yield [pack.until, overlaps(shipped(COUNTY), pack), dict(pack.vocabulary.bodies), pack.intake, sorted(pack.of_unit)]
    yield {name: dict(facts) for name, facts in pack.links.items()}
    yield from (_said(pack, facts, "", on) for on in DATES for facts in FACTS)
    yield _cited(packs, pack.since)
    yield [differences(pack, calendar(), case) for case in CASES]
    yield from (answer(pack, calendar(), given) for given in GIVEN)
    events = {*pack.actions}.union(*(rule.events for rule in pack.actions.values()))
    for on in DATES:
        for facts in FACTS:
            yield {clock: expire(pack, facts, clock, on) for clock in pack.clocks}
            for code, inputs in ((code, _fitting(pack, code, some)) for code in pack.actions for some in INPUTS):
                yield enact(pack, facts, code, inputs, on, by="county_finance_bureau")
                yield amiss(pack, facts, code, inputs, on)
            yield {event: _said(pack, facts, event, on) for event in sorted(events)}


def _said(pack: Pack, facts: dict[str, Any], event: str, on: date) -> Assessment:
    return msgspec.structs.replace(assess(pack, facts, event, on), digest="")


def _cited(packs: Path, on: date) -> Any:
    law = written(COUNTY)
    clauses = [WrittenClause(name, "yangli", "", "") for name in (*law["clauses"], *law["coverage"])]
    return coverage(packs, TENANTS, clauses, on)


def _fitting(pack: Pack, code: str, inputs: dict[str, Any]) -> dict[str, Any]:
    form = pack.actions[code].shut.form
    return {field.name: inputs.get(field.name, "agree") for field in form if field.required or field.name in inputs}


@cache
def before(folder: Path) -> tuple[bytes, ...]:
    return tuple(behaviour(shipped(folder), EXAMPLE))


@pytest.mark.parametrize(("struct", "key"), KEYS, ids=[f"{struct.__name__}.{key}" for struct, key in KEYS])
def test_a_key_that_is_changed_changes_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, struct: type, key: str
) -> None:
    monkeypatch.setattr(_reach, "never", lambda *_: [])
    tried: list[str] = []
    ways = ((folder, said) for folder in (COUNTY, DRAFT) for said in changes(written(folder), struct, key))
    for turn, (folder, said) in enumerate(islice(ways, TRIES)):
        try:
            after = behaviour(load(tmp_path / str(turn), folder, said), tmp_path / str(turn))
            if any(now != then for now, then in zip_longest(after, before(folder))):
                return
            tried.append("no change")
        except PackError as error:
            tried.append(error.message)
    pytest.fail(f"{struct.__name__}.{key}: " + ("\n".join(tried) or "the invented county does not use it"))


def test_every_list_has_a_name_for_its_entries() -> None:
    lists = {name for name, hint in get_type_hints(_schema.Law).items() if get_origin(hint) is list}
    assert lists - {"inherits"} == NAMED_BY.keys()
