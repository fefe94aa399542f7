"""CEL answers an error with a value that Python takes for true: no error may ever count as a yes."""

import pytest
from cel_expr_python import cel

from lianshen.rules._expression import ExpressionError, Program, names_in


def program(*asked: str, **named: str) -> Program:
    made = Program({"amount": "int", "share": "int", "kind": "str", "papers": "codes"}, named)
    for text in asked:
        made.check(text)
        made.ask(text)
    made.seal()
    return made


VALUES = {"amount": 5, "share": 0, "kind": "new_build", "papers": ["contract"]}


def test_the_library_still_gives_errors_that_look_true() -> None:
    """When this fails, the library has changed and the check on types may be simplified."""
    environment = cel.NewEnv(variables={"amount": cel.Type.INT, "share": cel.Type.INT})
    result = environment.compile("amount / share > 1").eval(data=VALUES)
    assert result.type() == cel.Type.ERROR
    assert result.value()


@pytest.mark.parametrize("text", ["amount / share > 1", "amount * 9223372036854775807 > 1", "papers[7] == kind"])
def test_an_error_is_not_a_yes(text: str) -> None:
    with pytest.raises(ExpressionError):
        program(text).answer(VALUES)


def test_a_missing_value_is_not_a_yes() -> None:
    with pytest.raises(ExpressionError, match="amount"):
        program("amount > 1").answer({})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "amount >",
        "price > 1",
        "amount",
        "amount > '1'",
        "amount > 1.5",
        "kind in papers && amount",
        "size(amount) > 1",
    ],
)
def test_what_is_no_question_over_known_names_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        program(text)


def test_endless_work_is_refused() -> None:
    numbers = "[" + ",".join("1" * 1 for _ in range(120)) + "]"
    nested = f"{numbers}.all(a, {numbers}.all(b, {numbers}.all(c, a + b + c > 0)))"
    with pytest.raises(ExpressionError):
        program(nested).answer(VALUES)


def test_named_conditions_are_spelled_out_and_never_go_in_a_ring() -> None:
    layered = program(
        "large && !empty", large="amount > 4 && built", built="kind == 'new_build'", empty="size(papers) == 0"
    )
    assert layered.answer(VALUES) == [True]
    assert layered.reads == {"amount", "kind", "papers"}
    with pytest.raises(ExpressionError, match="a → b → a"):
        program("a", a="b", b="a || amount > 1")


def test_a_name_within_a_text_is_no_name() -> None:
    assert names_in("kind == 'large' || kind == \"built\" && amount > 1") == {"kind", "amount"}


def test_the_same_condition_is_answered_once() -> None:
    made = Program({"amount": "int"}, {})
    assert [made.ask(text) for text in ("amount > 1", "amount > 2", "amount > 1")] == [0, 1, 0]


@pytest.mark.parametrize(
    "text",
    [
        'size(papers) > 0 && kind in ["new_build"]',
        'kind.startsWith("new") && kind.endsWith("build") && kind.contains("_") && kind.matches("^[a-z_]+$")',
        'papers.exists(x, x == "contract") && papers.all(x, x != "plan") && papers.exists_one(x, x == "contract")',
        'size(papers.filter(x, x == "contract")) == 1',
        "(share == 0 ? amount : share) * 100 - amount / 2 + amount % 2 >= 1",
    ],
)
def test_what_the_guide_to_packs_says_of_functions_and_operators_is_so(text: str) -> None:
    assert program(text).answer(VALUES) == [True]
