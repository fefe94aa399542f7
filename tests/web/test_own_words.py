"""Bodies, papers and steps that one pack alone knows: pages and the API call them by the names that it gives them."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from lianshen.web.app import create_app
from tests.support.successor import TENANTS, successor
from tests.web.conftest import browser, serving

YANGLI = "990001-yangli"
LARGE = {"kind": "new_build", "project_budget": "6000000", "software_amount": "2000000"}
ARCHIVES, OF_GUANYUN = "样例县档案馆", "灌云县档案馆"


@pytest.fixture(scope="module")
async def served(configured, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """The application with the invented county, and with a law of Guanyun that speaks of a body of its own."""
    home = tmp_path_factory.mktemp("served")
    successor(home, ("instrument.yaml", "bodies:\n", f"bodies:\n  county_archives: {OF_GUANYUN}\n"))
    for name in (YANGLI, "990000-yangli-city"):
        (home / name).symlink_to(TENANTS / "_example" / name)
    made = create_app(msgspec.structs.replace(configured, tenants_dir=home))
    async with serving(made):
        yield made


async def test_the_answer_of_the_api_names_them(served):
    question = {"tenant": "990001", "on": "2026-03-02", "facts": LARGE}
    async with browser(served) as client:
        answer = await client.post("/api/v1/assessments", json=question)
    assert answer.status_code == 200
    said = answer.json()["assessment"]
    steps = {step["code"]: (step["label"], step["by_label"]) for step in said["steps"]}
    assert steps["acceptance"] == ("验收", f"项目建设单位、{ARCHIVES}")
    assert steps["city_review"] == ("报样例市复审", "样例市数据局")
    assert {paper["code"]: paper["label"] for paper in said["papers"]}["crypto_plan"] == "密码应用方案"


async def test_the_pre_check_page_names_them(served):
    async with browser(served) as client:
        shown = await client.post("/precheck/990001/result", data=LARGE | {"on": "2026-03-02"})
    assert shown.status_code == 200
    assert [name for name in (ARCHIVES, "报样例市复审", "密码应用方案") if name not in shown.text] == []


async def test_an_office_can_be_what_only_the_pack_knows(served, staff):
    found = await staff.sign_in("xtgl")
    async with browser(served, cookies={"lianshen": found.token}) as client:
        shown = await client.get("/staff/offices")
    assert shown.status_code == 200
    assert 'value="county_archives"' in shown.text
    assert OF_GUANYUN in shown.text
