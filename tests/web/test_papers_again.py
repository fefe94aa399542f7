"""A paper that is handed in again under its key is one paper, whatever else is handed in meanwhile (D46)."""

import asyncio
import os
import subprocess
import sys
from uuid import uuid4

import pytest

from tests.walk.driver import form


@pytest.fixture
async def unit(program):
    async with await program("县教育局", "applicant") as client:
        yield client


@pytest.fixture
async def project(unit):
    made = await unit.post("/api/v1/projects", json=form("400000"))
    return made.json()["project"]


async def papers(unit, project: str) -> list[str]:
    desk = (await unit.get(f"/api/v1/projects/{project}/desk")).json()
    return [slot["code"] for slot in desk["papers"] if slot["may_upload"]]


async def hand_in(unit, project: str, paper: str, key: str, body: bytes = b"%PDF-1.7\n% one"):
    return await unit.post(
        f"/api/v1/projects/{project}/documents",
        data={"paper": paper},
        files={"file": ("材料.pdf", body, "application/pdf")},
        headers={"idempotency-key": key},
    )


@pytest.mark.demand("D46")
async def test_three_clicks_are_one_paper(unit, project):
    paper, key = (await papers(unit, project))[0], str(uuid4())
    first = await hand_in(unit, project, paper, key)
    again = await asyncio.gather(*(hand_in(unit, project, paper, key) for _ in range(3)))
    assert [(one.status_code, one.text) for one in again] == [(first.status_code, first.text)] * 3


@pytest.mark.demand("D46", "D47")
async def test_also_when_the_project_has_gone_on_meanwhile(unit, project):
    """Whoever was not answered asks again later; the paper cannot be handed in any more, and need not be."""
    key = str(uuid4())
    wanted = await papers(unit, project)
    first = await hand_in(unit, project, wanted[0], key)
    for paper in wanted[1:]:
        assert (await hand_in(unit, project, paper, str(uuid4()))).status_code == 201
    submitted = await unit.post(f"/api/v1/projects/{project}/actions/submit", json={})
    assert submitted.status_code == 200, submitted.text
    again = await hand_in(unit, project, wanted[0], key)
    assert (again.status_code, again.text) == (first.status_code, first.text)


_DIGEST = """
import asyncio
import os
import subprocess
import sys
from types import SimpleNamespace
from litestar.datastructures import FormMultiDict
from lianshen.web._replay import _digest
form = FormMultiDict([(name, name) for name in ("paper", "file", "title", "note")] + [("paper", "second")])
url = SimpleNamespace(path="/x", query="")
print(asyncio.run(_digest(SimpleNamespace(method="POST", url=url), form)))
"""


@pytest.mark.demand("D46")
def test_what_was_sent_is_the_same_to_every_process():
    """The framework gives fields in the order of a set, which each process orders in its own way."""
    said = {
        subprocess.run(
            (sys.executable, "-c", _DIGEST), env=os.environ | {"PYTHONHASHSEED": str(seed)}, capture_output=True,
            text=True, check=True,
        ).stdout
        for seed in (0, 1)  # two orders of those four names
    }  # fmt: skip
    assert len(said) == 1
