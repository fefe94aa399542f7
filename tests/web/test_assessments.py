"""Questions of law over the API, on the command line and on the pre-check page: one answer, and it keeps nothing."""

import argparse
import json
import re
from datetime import date
from typing import Any

import pytest

from lianshen.cli import assess as command
from lianshen.kernel.settings import Settings
from tests.walk.driver import form
from tests.web.test_api import SMALL, document, fits

__all__ = ["document", "fits"]

PATH = "/api/v1/assessments"
WHY = f"{PATH}/explanations"
ON = "2026-03-02"
QUESTIONS = {
    "declared": {"tenant": "320723", "on": ON, "facts": form(SMALL)},
    "by event": {
        "tenant": "320723",
        "on": "2026-03-10",
        "event": "contract_filed",
        "facts": {"project_budget": "480000.00", "contracts_signed_on": "2026-03-04"},
    },
    "nothing known": {"tenant": "guanyun", "on": ON},
}
REFUSED = {
    "facts that do not read": ({"tenant": "320723", "on": ON, "facts": {"project_budget": "many", "nothing": 1}}, 422),
    "no such event": ({"tenant": "320723", "on": ON, "event": "nothing"}, 422),
    "before the law": ({"tenant": "320723", "on": "2024-01-01"}, 409),
    "no such jurisdiction": ({"tenant": "999999", "on": ON}, 409),
    "wrong type": ({"tenant": 3}, 422),
    "nothing": ({}, 422),
}


@pytest.fixture
def run(configured: Settings, tmp_path, capfdbinary):
    """The command, with a question in a file: its code, and what it writes."""

    def asked(question: object, *items: str) -> tuple[int, bytes]:
        file = tmp_path / "question.json"
        file.write_text(question if isinstance(question, str) else json.dumps(question), encoding="utf-8")
        arguments = argparse.Namespace(file=str(file), packs=None, on=None, explain=[*items], brief=False, indent=False)
        code = command.run(arguments, configured, date(2026, 3, 2))
        return code, capfdbinary.readouterr().out

    return asked


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
async def test_the_api_and_the_command_answer_with_the_same_bytes(plain_days, client, fits, run, question):
    answer = await client.post(PATH, json=question)
    found = fits(answer, "post", PATH)
    content = re.sub(rb"(cn-\d{4})\.\d+\+", rb"\1+", answer.content)  # the same days, named by their edition as well
    assert run(question) == (0, content + b"\n")
    assert found["assessment"]["papers"] or question.get("event")
    assert all(one["days"][-1]["on"] == one["due_on"] for one in found["forecasts"] if one["days"])


async def test_what_would_change_an_item_is_told_alike(client, fits, run):
    question = {"tenant": "320723", "on": ON, "facts": form("1200000.00")}
    items = ["step:finance_estimate_review", "management", "action:submit"]
    answer = await client.post(WHY, json={**question, "items": items})
    found = fits(answer, "post", WHY)
    assert run(question, *items) == (0, answer.content + b"\n")
    assert [one["item"] for one in found["explanations"]] == items
    (change,) = found["explanations"][0]["ways"][0]["changes"]
    assert (change["fact"], change["from"], change["to"]) == ("project_budget", 120000000, [99999999])
    assert (change["high"]["word"], change["high"]["value"]) == ("低于", 100000000)


@pytest.mark.parametrize(("question", "status"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_is_the_same_problem(client, fits, run, question, status):
    answer = await client.post(PATH, json=question)
    problem: dict[str, Any] = fits(answer, "post", PATH)
    assert answer.status_code == status
    assert problem.pop("instance") == PATH
    assert problem.pop("reference")
    code, said = run(question)
    assert code == 1
    assert json.loads(said) == problem


async def test_items_that_are_unknown_are_named(client, fits):
    answer = await client.post(WHY, json={"tenant": "320723", "on": ON, "items": ["paper:nothing", "scope"]})
    problem = fits(answer, "post", WHY)
    assert [(item["field"], "paper:nothing" in item["message"]) for item in problem["errors"]] == [("items", True)]


@pytest.mark.parametrize(("body", "status"), [("{", 400), ("[" * 5000, 400), ("\ud800", 400)])
async def test_what_is_no_json_is_malformed(client, run, body, status):
    said = body.encode("utf-8", "surrogatepass")
    answer = await client.post(PATH, content=said, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (status, "urn:lianshen:problem:malformed")
    if body.isascii():
        assert run(body)[0] == 1


def test_a_question_that_is_not_there_is_told(configured, tmp_path, capfd):
    arguments = argparse.Namespace(
        file=str(tmp_path / "none"), packs=None, on=None, explain=[], brief=False, indent=False
    )
    assert command.run(arguments, configured, date(2026, 3, 2)) == 2
    assert "none" in capfd.readouterr().err


async def test_the_page_tells_of_every_item_its_words_and_what_would_change_it(client):
    page = (await client.post("/precheck/320723", data=form("1200000") | {"on": ON})).text
    for said in ("依据与变化", "怎样会不同", "所用数字：100万元（含）及以上", "预算金额低于 1,000,000.00 元时"):
        assert said in page
    assert "为什么是这一天" in page
    assert 'value="2026-03-02"' in page
    assert "“提交申报”时交" in page, "with which act each paper is handed in"


async def test_the_page_goes_by_the_law_of_the_day_that_is_picked(client):
    before = (await client.get("/precheck/320723?on=2024-01-01")).text
    assert "2024年1月1日尚未施行" in before
    assert "怎样会不同" not in before
    odd = (await client.post("/precheck/320723/result", data={"on": "soon"})).text
    assert "请填写日期" in odd
    assert (await client.get("/precheck/999999")).status_code == 409


async def test_a_draft_is_called_one_wherever_it_answers(client):
    page = (await client.post("/precheck/640200", data={"total_investment": "1200000", "on": ON})).text
    assert page.count("送审稿") >= 3
    question = {"tenant": "640200", "on": ON}
    assert (await client.post(PATH, json=question)).json()["assessment"]["status"] == "draft"
    assert (await client.post(WHY, json={**question, "items": ["scope"]})).json()["status"] == "draft"
    assert "送审稿" in (await client.get("/")).text


@pytest.mark.parametrize("tenant", ["140800", "320723", "360824", "421000", "640200"])
async def test_a_form_that_nobody_has_touched_says_what_its_ticked_boxes_say(client, tenant):
    page = (await client.get(f"/precheck/{tenant}?on={ON}")).text
    assert "不在本办法管理范围内" not in page
