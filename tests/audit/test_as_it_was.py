"""A decision reads as it was made, whatever people, offices, places and laws are called since (D130)."""

import pytest
from sqlalchemy import text

from tests.walk.driver import LEAD, REFORM, Driver
from tests.web.conftest import app, program, serving

__all__ = ["app", "program", "serving"]
OURS = "320723"
RENAMED = (
    "UPDATE person SET name = name || '（改名）' WHERE tenant = :t",
    "UPDATE office SET name = name || '（更名）', body = body WHERE tenant = :t",
    "UPDATE tenant SET name = name || '区' WHERE tenant = :t",
    "UPDATE post SET ended_at = now() WHERE tenant = :t AND id = :post",
)
BACK = (
    "UPDATE person SET name = replace(name, '（改名）', '') WHERE tenant = :t",
    "UPDATE office SET name = replace(name, '（更名）', '') WHERE tenant = :t",
    "UPDATE tenant SET name = left(name, -1) WHERE tenant = :t",
    "UPDATE post SET ended_at = NULL WHERE tenant = :t AND id = :post",
)


@pytest.fixture
async def decided(work, staff, law, configured):
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at("2026-03-02")
    await drive.submit("700000")
    await drive.act(LEAD, "pass_pre_review")
    return drive


async def say(superuser, statements, post):
    for statement in statements:
        await superuser.execute(text(statement), {"t": OURS, "post": post} if ":post" in statement else {"t": OURS})
    await superuser.commit()


async def records(superuser, project):
    asked = text(
        "SELECT seq, actor, label, article, note, facts::text, law, encode(sm3, 'hex') FROM event "
        "WHERE tenant = :t AND project = :p ORDER BY seq"
    )
    return [tuple(row) for row in await superuser.execute(asked, {"t": OURS, "p": project})]


def timeline(page: str) -> str:
    """The page's history, from its first entry to its last."""
    return page.partition('<ol class="history')[2].partition("</ol>")[0]


@pytest.mark.demand("D130")
async def test_an_old_decision_shows_the_names_of_its_day(program, decided, staff, superuser):
    reform = await staff.actor(staff.find(*REFORM))
    async with await program(*LEAD) as client:
        before = (await client.get(f"/api/v1/projects/{decided.project}/events")).content
        page = timeline((await client.get(f"/projects/{decided.project}")).text)
        proved = await records(superuser, decided.project)
        assert "县数据局" in page
        await say(superuser, RENAMED, reform.post)
        try:
            after = (await client.get(f"/api/v1/projects/{decided.project}/events")).content
            assert "（更名）" in (await client.get("/api/v1/me")).text, "the new name is shown where it is of today"
            assert after == before
            assert timeline((await client.get(f"/projects/{decided.project}")).text) == page
            assert await records(superuser, decided.project) == proved
        finally:
            await say(superuser, BACK, reform.post)
