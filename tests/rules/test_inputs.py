"""What people type: money to the fen, dates, choices; every fault told by field, in Chinese."""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.rules.queries import read_inputs, say
from lianshen.rules.types import FormField, Option
from lianshen.web import _forms

MONEY = FormField("amount", "金额", "money")
DAY = FormField("day", "日期", "date")
CHOICE = FormField("kind", "性质", "choice", options=(Option("a", "甲"), Option("b", "乙")))
BOX = FormField("box", "勾选", "bool", required=False)
NOTE = FormField("note", "说明", "text", required=False, max_length=5)
FORM = (MONEY, DAY, CHOICE, BOX, NOTE)


def amount(typed: object) -> object:
    values, errors = read_inputs((MONEY,), {"amount": typed})
    assert set(values) ^ set(errors) == {"amount"}
    return values.get("amount", "refused")


@given(st.integers(0, 10**13 - 1))
def test_money_is_exact_to_the_fen(fen: int) -> None:
    yuan = Decimal(fen) / 100
    assert amount(f"{yuan:,.2f}") == fen
    assert amount(f"{yuan:.2f}") == fen
    assert amount(fen // 100) == fen // 100 * 100


CUT = FormField("amount", "增减金额", "money", signed=True)


@given(st.integers(-(10**13) + 1, 10**13 - 1), st.sampled_from(["-", "\N{MINUS SIGN}", "\N{FULLWIDTH HYPHEN-MINUS}"]))
def test_what_may_be_cut_is_typed_with_a_minus(fen: int, minus: str) -> None:
    typed = f"{Decimal(fen) / 100:,.2f}".replace("-", minus)
    assert read_inputs((CUT,), {"amount": typed}) == ({"amount": fen}, {})
    assert _forms.typed((CUT,), {"amount": fen}) == {"amount": f"{Decimal(fen) / 100:.2f}"}, (
        "and read back as it was typed"
    )


@pytest.mark.parametrize("kind", ["money", "number"])
def test_elsewhere_nothing_is_below_zero(kind: Literal["money", "number"]) -> None:
    field = FormField("it", "数", kind)
    for below in ("-1", -1, "－3", "-0"):
        assert read_inputs((field,), {"it": below}) == ({}, {"it": "不能填负数。"})
        assert read_inputs((msgspec.structs.replace(field, signed=True),), {"it": below})[1] == {}


@given(st.text(max_size=12))
def test_no_typing_breaks_the_form(typed: str) -> None:
    values, errors = read_inputs(FORM, dict.fromkeys(("amount", "day", "kind", "box", "note"), typed))
    assert values.keys() | errors.keys() <= {field.name for field in FORM}
    assert isinstance(values.get("amount", 0), int)


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("500,000.00", 50000000),
        ("499999.99", 49999999),
        (" 12.5 ", 1250),
        ("５００，０００", 50000000),
        ("3元", 300),
        (7, 700),
    ],
)
def test_money_as_people_type_it(typed: object, fen: int) -> None:
    assert amount(typed) == fen


@pytest.mark.parametrize(
    "typed", ["-1", "1.005", "1e6", "50,00", "五万", "1,0000", "NaN", "٣", 1.5, True, [], "1" * 20]
)
def test_what_is_no_amount_is_refused(typed: object) -> None:
    assert amount(typed) == "refused"


def test_every_fault_is_told_at_once() -> None:
    typed = {"amount": "多", "day": "2025-02-30", "kind": "c", "box": "maybe", "note": "一二三四五六"}
    values, errors = read_inputs(FORM, typed)
    assert values == {}
    assert errors.keys() == typed.keys()
    assert errors["note"] == "不能超过 5 个字，现有 6 个字。"


def test_what_is_required_may_wait_in_a_draft() -> None:
    assert read_inputs(FORM, {})[1].keys() == {"amount", "day", "kind"}
    assert read_inputs(FORM, {}, partial=True) == ({"box": False}, {})


@pytest.mark.parametrize(("typed", "read"), [("on", True), ("true", True), (True, True), ("", False), ("false", False)])
def test_boxes(typed: object, read: bool) -> None:
    assert read_inputs((BOX,), {"box": typed}) == ({"box": read}, {})


def test_dates_keep_to_their_bound() -> None:
    on = date(2025, 11, 5)
    past = FormField("day", "日期", "date", bound="not_future")
    coming = FormField("day", "日期", "date", bound="not_past")
    said = {"2025-11-04": (True, False), "2025-11-05": (True, True), "2025-11-06": (False, True)}
    for day, allowed in said.items():
        assert tuple(not read_inputs((field,), {"day": day}, on=on)[1] for field in (past, coming)) == allowed


def test_answers_are_said_in_words() -> None:
    values, _ = read_inputs(FORM, {"amount": "680,000.5", "day": "2025-11-05", "kind": "b", "box": "on"})
    assert say(FORM, values) == "金额：680,000.50 元\n日期：2025-11-05\n性质：乙\n勾选：是"
