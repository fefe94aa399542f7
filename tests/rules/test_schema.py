"""The published schemas are those of the readers: they accept every shipped file and refuse a damaged one."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from lianshen.cli.schemas import schemas, written
from lianshen.kernel.strict_yaml import load
from lianshen.rules._notes import NOTES
from tests.rules.law import GUANYUN, TENANTS

FOLDER = TENANTS / "_schema"
KINDS = {
    "pack.schema.json": "*/pack-*/*.yaml",
    "release.schema.json": "*/pack-*/release.yaml",
    "vocabulary.schema.json": "_vocabulary/*.yaml",
    "calendar.schema.json": "_calendar/*.yaml",
    "tenant.schema.json": "*/tenant.yaml",
    "demo.schema.json": "*/demo.yaml",
}
RELEASE = "release.yaml"
MODELINE = "# yaml-language-server: $schema=../../_schema/pack.schema.json\n"


def refused(name: str, data: Any) -> bool:
    schema = msgspec.json.decode((FOLDER / name).read_bytes())
    return not Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(data)


def test_the_schemas_kept_are_those_of_the_readers() -> None:
    made = schemas()
    assert made.keys() == KINDS.keys()
    assert {name: (FOLDER / name).read_bytes() for name in made} == {
        name: written(schema) for name, schema in made.items()
    }, "run `lianshen pack schema`"
    for schema in made.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        pytest.param(name, file, id=str(file))
        for name, files in KINDS.items()
        for file in TENANTS.glob(files)
        if (file.name == RELEASE) == (name == "release.schema.json")
    ],
)
def test_shipped_files_are_accepted(name: str, file: Path) -> None:
    assert not refused(name, load(file).data)


@pytest.mark.parametrize(
    ("name", "file", "sound", "damage"),
    [
        ("pack.schema.json", GUANYUN / "parameters.yaml", "unit: yuan", "unit: euro"),
        ("pack.schema.json", GUANYUN / "parameters.yaml", "value: 500000", "amount: 500000"),
        ("pack.schema.json", GUANYUN / "parameters.yaml", ", clause: GY-16-4", ""),
        ("pack.schema.json", GUANYUN / "parameters.yaml", "parameters:", "parametres:"),
        ("pack.schema.json", GUANYUN / "blocks.yaml", "strength: absolute", "strength: hard"),
        ("pack.schema.json", GUANYUN / "actions.yaml", "sets: {submitted: true}", 'sets: {submitted: "yes"}'),
        ("pack.schema.json", GUANYUN / "clauses.yaml", "article: 第二条, ", ""),
        ("release.schema.json", GUANYUN / RELEASE, "drafted_by:", "drafter:"),
        ("vocabulary.schema.json", TENANTS / "_vocabulary" / "facts.yaml", "type: text", "type: string"),
        ("calendar.schema.json", TENANTS / "_calendar" / "cn-2025.yaml", "year: 2025", 'year: "2025"'),
        ("tenant.schema.json", TENANTS / "320723-guanyun" / "tenant.yaml", "level: county", "levels: county"),
        ("demo.schema.json", TENANTS / "320723-guanyun" / "demo.yaml", "offices:", "posts:"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, name: str, file: Path, sound: str, damage: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert sound in text
    (tmp_path / file.name).write_text(text.replace(sound, damage, 1), encoding="utf-8")
    assert refused(name, load(tmp_path / file.name).data)


def test_every_key_is_described_and_nothing_else() -> None:
    described = set()
    tops = {"pack.schema.json": "Law", "vocabulary.schema.json": "Vocabulary", "release.schema.json": "Release"}
    for name, top in tops.items():
        schema = schemas()[name]
        for entry, part in [(top, schema), *schema["$defs"].items()]:
            for key, value in part.get("properties", {}).items():
                assert value["description"]
                described.add(f"{entry}.{key}" if f"{entry}.{key}" in NOTES else key)
    assert described == NOTES.keys()


def test_the_model_pack_tells_editors_its_schema() -> None:
    files = [file for file in GUANYUN.glob("*.yaml") if file.name != RELEASE]
    assert [file.name for file in files if not file.read_text(encoding="utf-8").startswith(MODELINE)] == []
    assert (GUANYUN / MODELINE.partition("=")[2].strip()).resolve() == FOLDER / "pack.schema.json"
