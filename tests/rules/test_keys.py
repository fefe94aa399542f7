"""Every key of the language does something: changed in the invented county's pack, some answer changes (lesson 20).

The keys are those of the structs that packs are read into, so a new key without effect, or one that the invented county
does not use, fails here by itself. ``tenants/KEYS.md`` names these tests, one for each key.
"""

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import msgspec
import pytest

from lianshen.rules import _compile, _schema
from lianshen.rules._coverage import WrittenClause
from lianshen.rules._layers import NAMED_BY
from lianshen.rules._source import Source
from lianshen.rules.queries import Pack, PackError, amiss, answer, assess, coverage, enact, expire, load_pack
from tests.rules.keys import KEYS, changes
from tests.rules.law import TENANTS, calendar, vocabulary
from tests.rules.probes import DATES, FACTS, GIVEN, INPUTS

EXAMPLE = TENANTS / "_example"
COUNTY = EXAMPLE / "990001-yangli" / "pack-2026-01-01"
TRIES = 30


@cache
def written() -> dict[str, Any]:
    """The county's own files, joined."""
    return Source(COUNTY).said


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the county stands below its city."""
    county = tmp_path / "990001-yangli"
    county.mkdir()
    (county / "tenant.yaml").symlink_to(COUNTY.parent / "tenant.yaml")
    (tmp_path / "990000-yangli-city").symlink_to(EXAMPLE / "990000-yangli-city")
    return county


def load(home: Path, said: dict[str, Any]) -> Pack:
    folder = home / f"pack-{said['instrument']['in_force']['from']}"
    folder.mkdir(exist_ok=True)
    (folder / "law.yaml").write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
    return load_pack(folder, vocabulary(), calendar())


def behaviour(pack: Pack, packs: Path) -> Iterator[bytes]:
    """What people, programs and the platform get from the pack, piece by piece: all but digests and where a value is from."""
    for piece in _told(pack, packs):
        yield msgspec.json.encode(piece, enc_hook=list)


def _told(pack: Pack, packs: Path) -> Iterator[Any]:
    yield [pack.until, dict(pack.bodies), pack.intake, sorted(pack.of_unit), _cited(packs)]
    yield {name: dict(facts) for name, facts in pack.links.items()}
    yield from (answer(pack, calendar(), given) for given in GIVEN)
    events = ("", *pack.actions, *{event: None for rule in pack.actions.values() for event in rule.events})
    for on in DATES:
        for facts in FACTS:
            yield [msgspec.structs.replace(assess(pack, facts, event, on), digest="") for event in events]
            yield [expire(pack, facts, clock, on) for clock in pack.clocks]
            for code, inputs in ((code, _fitting(pack, code, some)) for code in pack.actions for some in INPUTS):
                yield enact(pack, facts, code, inputs, on, by="county_finance_bureau")
                yield amiss(pack, facts, code, inputs, on)


def _cited(packs: Path) -> Any:
    clauses = {**written()["clauses"], **written()["coverage"]}
    return coverage(packs, TENANTS, [WrittenClause(name, "yangli", "", "") for name in clauses], None)


def _fitting(pack: Pack, code: str, inputs: dict[str, Any]) -> dict[str, Any]:
    form = pack.actions[code].shut.form
    return {field.name: inputs.get(field.name, "agree") for field in form if field.required or field.name in inputs}


@cache
def before() -> tuple[bytes, ...]:
    return tuple(behaviour(load_pack(COUNTY, vocabulary(), calendar()), EXAMPLE))


@pytest.mark.parametrize(("struct", "key"), KEYS, ids=[f"{struct.__name__}.{key}" for struct, key in KEYS])
def test_a_key_that_is_changed_changes_an_answer(
    home: Path, monkeypatch: pytest.MonkeyPatch, struct: type, key: str
) -> None:
    monkeypatch.setattr(_compile._reach, "never", lambda *_: [])
    tried: list[str] = []
    for said in islice(changes(written(), struct, key), TRIES):
        try:
            after = behaviour(load(home, said), home.parent)
            if any(now != then for now, then in zip_longest(after, before())):
                return
            tried.append("no change")
        except PackError as error:
            tried.append(error.message)
    pytest.fail(f"{struct.__name__}.{key}: " + ("\n".join(tried) or "the invented county does not use it"))


def test_every_list_has_a_name_for_its_entries() -> None:
    lists = {name for name, hint in get_type_hints(_schema.Law).items() if get_origin(hint) is list}
    assert lists - {"inherits"} == NAMED_BY.keys()
