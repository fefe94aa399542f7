"""Every verb and every question of a module asks first whether this actor may (D27, D35): before it looks at anything.

A page hides what one may not do, and a guard stands before each route; this is the line behind both.
"""

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

import lianshen
from lianshen.access import _state
from lianshen.access.queries import may
from lianshen.identity.types import Actor
from lianshen.kernel.errors import Forbidden

OWN = {
    "channels.commands.prefer": "one's own choices",
    "channels.commands.resume_address": "one's own address",
    "channels.queries.own": "one's own choices",
    "access.queries.may": "the question itself",
    "access.queries.ready": "what the question needs to be answered",
    "access.queries.require": "the question itself",
    "access.queries.scopes": "the question itself, by row",
    "documents.commands.keep": "called by projects, which has asked and holds the project's row",
    "identity.queries.kinds_of": "one's own second factors",
    "identity.queries.own_account": "one's own account",
    "identity.queries.posts_of": "one's own posts",
    "identity.queries.sessions_of": "one's own sessions",
    "identity.queries.setup_of": "one's own second factor",
    "staff.commands.end_post": "either right will do, or one's own post: decided when the post is known",
    "staff.commands.stand_in": "one's own post is lent",
    "staff.queries.own": "one's own posts and who stands in",
    "identity.commands.sign_out": "one's own session",
    "providers.commands.link_own": "one's own account",
    "providers.commands.unlink_own": "one's own account",
    "providers.queries.own_links": "one's own account",
    "roster.commands.end_feed": "one's own feed",
    "roster.queries.feed_of": "one's own feed",
    "notifications.queries.unread": "how many of one's own notices, for the badge of every page",
}
"""Functions that take an actor and ask for no permission, each with what bounds it instead."""
NOBODY = Actor(
    tenant="320723", person=UUID(int=1), name="", post=UUID(int=1), office=UUID(int=1), office_name="", body="",
    roles=(), form_key="", rights=0, on=date(2026, 3, 2),
)  # fmt: skip


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public functions of every module's commands and queries that are given an actor."""
    for module in sorted(name for _, name, is_package in pkgutil.iter_modules(lianshen.__path__) if is_package):
        for part in ("commands", "queries"):
            if Path(lianshen.__path__[0], module, f"{part}.py").exists():
                found = importlib.import_module(f"lianshen.{module}.{part}")
                for name, one in inspect.getmembers(found, inspect.isfunction):
                    own = one.__module__ == found.__name__ and not name.startswith("_")
                    if own and "actor" in inspect.signature(one).parameters:
                        yield f"{module}.{part}.{name}", one


ALL = dict(functions())


@pytest.mark.demand("D27", "D35")
@pytest.mark.parametrize("verb", [verb for verb in ALL if verb not in OWN])
async def test_whoever_holds_no_role_gets_no_further_than_the_question(configured, verb):
    with pytest.raises(Forbidden):
        await _answer(ALL[verb](**_given(ALL[verb], NOBODY)))


def _given(function: Callable[..., Any], actor: Actor) -> dict[str, Any]:
    """Nothing but the actor: whoever is asked for more has been let past the question."""
    return {
        parameter.name: actor if parameter.name == "actor" else None
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
    }


async def _answer(said: Any) -> None:
    if inspect.isawaitable(said):
        await said
    elif inspect.isasyncgen(said):
        await anext(said)


def asked_by(function: Callable[..., Any]) -> list[str]:
    """The permissions that the body of a function asks for by name."""
    body = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = [node for node in ast.walk(body) if isinstance(node, ast.Call) and ast.unparse(node.func) == "require"]
    return [str(eval(ast.unparse(one.args[1]), function.__globals__)) for one in calls if _is_named(one.args[1])]


def _is_named(said: ast.expr) -> bool:
    return isinstance(said, ast.Attribute) and ast.unparse(said.value) in ("permissions", "document_rights")


FILE = Path(__file__).with_name("asks.txt")
ASKED = [tuple(line.split()) for line in FILE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.demand("D27")
def test_what_each_verb_asks_is_the_committed_file():
    """A question taken away or put to something less is a line in a review; what decides late is not among them."""
    asked = [(verb, name) for verb, function in ALL.items() if verb not in OWN for name in asked_by(function)]
    found = "".join(f"{verb}  {permission}\n" for verb, permission in sorted(asked))
    new = FILE.parents[2] / "test-results" / FILE.name
    if FILE.read_text(encoding="utf-8") != found:
        new.parent.mkdir(exist_ok=True)
        new.write_text(found, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == found, f"review, then: cp {new} {FILE}"


@pytest.mark.demand("D27")
@pytest.mark.parametrize(("verb", "permission"), ASKED)
async def test_whoever_holds_every_right_but_the_one_asked_for_gets_no_further(configured, verb, permission):
    """Not only some right: a guard behind the guard, asking for less, does not stand in for it."""
    policy = _state.policy()
    rest = {name for name in policy.known if name.partition("/")[0] != permission}
    almost = replace(NOBODY, roles=tuple(sorted(policy.grants)), only=frozenset(rest), fresh=True)
    assert all(may(almost, name) for name in rest & frozenset().union(*policy.grants.values()))
    with pytest.raises(Forbidden):
        await _answer(ALL[verb](**_given(ALL[verb], almost)))


def test_the_exceptions_exist():
    assert set(OWN) <= set(ALL)
    assert len(ALL) > 15
    assert len(ASKED) > 50
