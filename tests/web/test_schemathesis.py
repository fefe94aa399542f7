"""The API asked everything its document allows, and more, with the credentials of two tenants over real HTTP.

No failure of ours, no answer that the document does not know, nothing of another tenant. ``make fuzz`` asks for longer.
"""

import os
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lianshen.cli.process import free_port
from tests.browser.serving import serve

ROUNDS = int(os.environ.get("LIANSHEN_FUZZ_ROUNDS", "4"))
"""Requests for each operation, credential and way of making them up."""
OURS, THEIRS = "320723", "421000"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
UNASKED = {"close_session", "end_session", "act_in", "step_up", "open_session"}
"""They end or change the session that asks, or cost 200 ms each; other tests ask them."""


class Who(NamedTuple):
    """A credential, and ids of its own and of the other tenant's projects."""

    tenant: str
    token: str
    own: list[str]
    foreign: list[str]


@pytest.fixture(scope="module")
def base(stack, name, configured) -> Iterator[str]:
    port = free_port()
    with serve(port, stack.environment(name), factory="lianshen.web.app:create_app"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
async def whos(base, staff) -> list[Who]:
    """An applicant, a lead officer and a security administrator of one tenant, and an applicant of another."""
    logins = {
        (tenant, role): next(one.login for one in staff.accounts if (one.tenant, one.role) == (tenant, role))
        for tenant, role in (
            (OURS, "applicant"),
            (OURS, "lead_officer"),
            (OURS, "security_admin"),
            (THEIRS, "applicant"),
        )
    }
    tokens = {key: await staff.token(login, key[0]) for key, login in logins.items()}
    projects: dict[str, list[str]] = {}
    async with httpx.AsyncClient(base_url=base) as client:
        for tenant in (OURS, THEIRS):
            headers = {"authorization": f"Bearer {tokens[tenant, 'applicant']}"}
            made = await client.post("/api/v1/projects", json={"title": f"canary-{tenant}"}, headers=headers)
            assert made.status_code == 201, made.text
            projects[tenant] = [made.json()["project"]]
    return [
        Who(tenant, token, projects[tenant], projects[THEIRS if tenant == OURS else OURS])
        for (tenant, _), token in tokens.items()
    ]


@pytest.fixture
def within_a_minute() -> Iterator[None]:
    """A minute in the ordinary run."""
    began = time.monotonic()
    yield
    if ROUNDS < 10:
        assert time.monotonic() - began < 60


def operations(base: str) -> list[Any]:
    document = httpx.get(f"{base}/schema/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    found = [result.ok() for result in schema.get_all_operations()]
    return [one for one in found if one.definition.raw["operationId"] not in UNASKED]


def ask(base: str, who: Who, case: Case, projects: list[str] | None) -> None:
    """One request as ``who``; with ``projects`` about one of those. Raises for an answer that may not be."""
    if projects is not None:
        case.path_parameters["project"] = projects[0]
    answer = case.call(base_url=base, headers={"authorization": f"Bearer {who.token}"}, timeout=30)
    where = f"{case.method} {case.formatted_path} as {who.tenant}: {answer.status_code}"
    assert answer.headers["content-security-policy"], where
    case.validate_response(answer, checks=CHECKS)
    other = THEIRS if who.tenant == OURS else OURS
    assert f"canary-{other}" not in answer.text, where
    known = answer.request.headers.get("authorization") == f"Bearer {who.token}"
    if answer.status_code == 401:  # asked with a credential made up, or for something weighty
        assert not known or "step_up" in answer.text, where
    elif projects is who.foreign:
        assert answer.status_code in (400, 403, 404, 409, 412, 413, 415, 422), where


@pytest.mark.demand("D22", "D171", "D172")
def test_nothing_that_may_be_asked_fails_or_crosses_a_wall(base, whos, within_a_minute):
    asked, found = 0, []
    for operation in operations(base):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                asked += explored(operation, mode, base, whos)
            except (AssertionError, FailureGroup) as failure:
                found.append(f"{operation.label}: {failure}")
    assert found == [], "\n".join(found)
    assert asked > 100


def explored(operation: Any, mode: GenerationMode, base: str, whos: list[Who]) -> int:
    """Ask one operation in one way; returns how many requests that were."""
    about_projects = "project" in {parameter.name for parameter in operation.path_parameters}
    asked = 0

    @settings(
        max_examples=ROUNDS, deadline=None, database=None, derandomize=ROUNDS < 10,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def run(case: Case, data: Any) -> None:
        nonlocal asked
        who = data.draw(st.sampled_from(whos))
        ids = data.draw(st.sampled_from([None, who.own, who.foreign])) if about_projects else None
        ask(base, who, case, ids)
        asked += 1

    try:
        run()
    except Unsatisfiable:  # nothing about it can be wrong: it has neither parameters nor a body
        assert mode is GenerationMode.NEGATIVE
    return asked
