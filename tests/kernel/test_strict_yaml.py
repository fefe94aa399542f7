"""What is read is what is written, with its line; whatever YAML would guess at is refused."""

from pathlib import Path

import pytest

from lianshen.kernel.strict_yaml import StrictYamlError, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.yaml"


def test_everything_has_its_line(file: Path) -> None:
    file.write_text("a: 1\nb:\n  - x: 'no'\n  - {y: true, z: no}\n", encoding="utf-8")
    document = load(file)
    assert document.data == {"a": 1, "b": [{"x": "no"}, {"y": True, "z": "no"}]}
    assert [document.line(spot) for spot in [("a",), ("b", 0), ("b", 1, "z"), ("b", 1, "gone"), ("gone",)]] == [
        1,
        3,
        4,
        4,
        1,
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2", 2),
        ("a: &x 1\nb: *x", 1),
        ("a: {}\n&x b: 1", 2),
        ("a: &x [1]", 1),
        ("b: 2\na: 1.5", 2),
        ("a: 2020-01-01", 1),
        ("a: null", 1),
        ("b: 2\na:", 2),
        ("a: 0x10", 1),
        ("a: 010", 1),
        ("a: -0", 1),
        ("a: True", 1),
        ("# 1\n%YAML 1.1\n---\na: yes", 2),
        ("%TAG ! tag:x,1:\n---\na: 1", 1),
        ("a: 1\n---\nb: 2", 2),
        ("b: 2\na: 1_000", 2),
        ("a: .5", 1),
        ("a: 1e3", 1),
        ("a: .inf", 1),
        ("a: 2020-01-01 10:00:00", 1),
        ("a: ~", 1),
        ("a: {b:1}", 1),
        ("b: 2\n<<: {a: 1}", 2),
        ("a: =", 1),
        ("a: TRUE", 1),
        ("a: +1", 1),
        ("a: 0o7", 1),
        ("b: 2\na: x\x07", 2),
        ("b: 2\na: x\u2028y", 2),
        ("a: !secret x", 1),
        ("b: 2\na: !secret {x: 1}", 2),
        ("a: !secret [x]", 1),
        ("a: !!str 1", 1),
        ("a: !<tag:yaml.org,2002:int> '1'", 1),
        ("!secret a: 1", 1),
        ("1: a", 1),
        ("? [a]\n: b", 1),
        ("a: [1", 1),
        ("b: 2\na: x\ty", 2),
        ("a: 1\n\tb: 2", 2),
    ],
)
def test_what_could_be_misread_is_refused(file: Path, text: str, line: int) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StrictYamlError) as refused:
        load(file)
    assert (refused.value.path, refused.value.line) == (file, line)


def test_bytes_that_are_not_utf8_are_refused_with_their_line(file: Path) -> None:
    file.write_bytes("a: 中\nb: \n".encode() + b"\xff")
    with pytest.raises(StrictYamlError) as refused:
        load(file)
    assert refused.value.line == 3


def test_integers_and_what_only_looks_like_them(file: Path) -> None:
    file.write_text('a: -5\nb: 0\nc: "010"\nd: ١٢\ne: yes', encoding="utf-8")
    assert load(file).data == {"a": -5, "b": 0, "c": "010", "d": "١٢", "e": "yes"}


def test_an_empty_file_says_nothing(file: Path) -> None:
    file.write_text("# nothing\n", encoding="utf-8")
    assert load(file).data is None


def test_null_is_read_only_where_it_is_asked_for_and_only_so_spelled(file: Path) -> None:
    file.write_text("a: null\nb: 'null'\n", encoding="utf-8")
    assert load(file, null=True).data == {"a": None, "b": "null"}
    with pytest.raises(StrictYamlError):
        load(file)
    file.write_text("a: ~\n", encoding="utf-8")
    with pytest.raises(StrictYamlError):
        load(file, null=True)
