"""Keys in Redis and files carry the tenant. The same is looked at once more when the whole suite is over (D21)."""

from pathlib import Path

import pytest
import redis

from lianshen.kernel.database import Database
from lianshen_workers.broker import make
from lianshen_workers.relay import publish
from tests.walls.names import strange_files, strange_keys
from tests.web.conftest import app, browser, client

__all__ = ["app", "client"]

PDF = ("材料.pdf", b"%PDF-1.7\n", "application/pdf")


@pytest.mark.demand("D21")
async def test_what_a_county_leaves_outside_the_database_bears_its_name(app, client, configured, staff):
    """Somebody signs in, declares, hands in and submits; the relay publishes."""
    account = staff.account(staff.find("县教育局", "applicant"))
    signed = {"tenant": "320723", "login": account.login, "password": account.password}
    opened = await client.post("/api/v1/sessions", json=signed)
    assert opened.status_code == 201, opened.text
    async with browser(app, headers={"authorization": f"Bearer {opened.json()['token']}"}) as program:
        project = (await program.post("/api/v1/projects", json={"title": "名"})).json()["project"]
        handed = await program.post(
            f"/api/v1/projects/{project}/documents", data={"paper": "feasibility_report"}, files={"file": PDF}
        )
        assert handed.status_code == 201, handed.text
    relay = Database(configured.relay_database_url, pool_size=1)
    broker = make(configured.redis_url)
    broker.declare_queue("duties")
    await publish(relay, broker, again_after=0.0)
    await relay.close()
    assert list(configured.files_dir.rglob("*")), "there is something to look at"
    assert strange_files(configured.files_dir.parent) == []
    assert strange_keys(configured.redis_url) == []


@pytest.mark.demand("D21")
def test_a_name_without_a_tenant_is_noticed(configured, tmp_path: Path):
    (tmp_path / "instance" / "320723").mkdir(parents=True)
    (tmp_path / "instance" / "320723" / "a").touch()
    (tmp_path / "instance" / "export.zip").touch()
    assert strange_files(tmp_path) == ["instance/export.zip"]
    with redis.Redis.from_url(configured.redis_url) as client:
        client.set("last-search", "x")
        client.set("limit:320723:sign-in", "x")
        try:
            assert strange_keys(configured.redis_url) == ["last-search"]
        finally:
            client.delete("last-search", "limit:320723:sign-in")
