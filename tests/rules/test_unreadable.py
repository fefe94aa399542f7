"""What is wrong with the YAML of a file is said in Chinese and English, whoever found it."""

from pathlib import Path

import pytest

from lianshen.rules.queries import CaseError, lint, read_cases
from tests.rules.law import TENANTS


@pytest.mark.parametrize(
    ("text", "line", "chinese", "english"),
    [
        ("a: b: c\n", 1, "此处不能再写“键: 值”", "mapping values"),
        ("a:\n  b: 1\n c: 2\n", 3, "缩进不齐，此处应是一个键", "expected key"),
        ("a: 1\nb: [1, 2\nc: 3\n", 2, "“]”", "expected"),
        ("a: 1\n- b\n", 2, "缩进不齐", "expected"),
        ("a: @b\n", 1, "请加引号", "cannot start any token"),
        ('a: "b\n', 1, "没有收尾", "unexpected end"),
        ("a: 1\nb\n", 2, "缺少冒号", "':'"),
        ("a: 1\na: 2\n", 2, "键 'a' 重复", "duplicate key 'a'"),
        ("a: 1.5\n", 1, "'1.5' 不是文字", "'1.5'"),
        ("a: &b 1\n", 1, "锚点", "anchors"),
        ("a:\tb\n", 1, "制表符", "not allowed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_read_is_told_in_both_languages(
    tmp_path: Path, text: str, line: int, chinese: str, english: str
) -> None:
    pack = tmp_path / "990009-some" / "pack-2026-01-01"
    pack.mkdir(parents=True)
    for file in (pack / "law.yaml", tmp_path / "cases.yaml"):
        file.write_text(text, encoding="utf-8")
    found = next(fault for fault in lint([pack], TENANTS).faults if fault.code == "yaml")
    assert chinese in found.message
    assert english in found.english
    assert abs(found.line - line) <= 1
    with pytest.raises(CaseError) as refused:
        read_cases(tmp_path / "cases.yaml")
    assert chinese in str(refused.value)
