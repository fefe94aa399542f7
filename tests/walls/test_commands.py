"""Every verb and every question of a module asks first whether this actor may (D27, D35): before it looks at anything.

A page hides what one may not do, and a guard stands before each route; this is the line behind both.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import lianshen
from lianshen.identity.types import Actor
from lianshen.kernel.errors import Forbidden

OWN = {
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
ABOUT = ("access.",)
"""Modules whose functions are the question itself."""


@pytest.mark.demand("D27", "D35")
@pytest.mark.parametrize("verb", [verb for verb in ALL if verb not in OWN and not verb.startswith(ABOUT)])
async def test_whoever_holds_no_role_gets_no_further_than_the_question(configured, verb):
    function = ALL[verb]
    given = {
        parameter.name: NOBODY if parameter.name == "actor" else None
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
    }
    with pytest.raises(Forbidden):
        await _answer(function(**given))


async def _answer(said: Any) -> None:
    if inspect.isawaitable(said):
        await said
    elif inspect.isasyncgen(said):
        await anext(said)


def test_the_exceptions_exist():
    assert set(OWN) <= set(ALL)
    assert len(ALL) > 15
