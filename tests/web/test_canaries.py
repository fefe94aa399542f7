"""Canaries: passwords, tokens and numbers go through every flow, failures too, and no sink holds them (D133, D181)."""

from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import text

from lianshen.cli.process import free_port
from tests.browser.serving import serve
from tests.walk.driver import LEAD, PDF, UNIT

pytestmark = pytest.mark.demand("D133", "D181")
PHONE, CARD, EMAIL = "13871234567", "32072319900101123X", "canary@example.gov.cn"
PASSWORD, TOKEN = "canary-Passw0rd-9f2c", "320723.canary7Qk3canary7Qk3canary7Qk3canary7Qk3x"
TYPED = f"{PHONE} {CARD} {EMAIL} {PASSWORD}"
TRAP = """
    CREATE FUNCTION canary() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'refused: %', NEW.title USING DETAIL = 'row: ' || NEW.title; END $$;
"""
SET = """
    CREATE TRIGGER canary BEFORE INSERT OR UPDATE ON project FOR EACH ROW WHEN (NEW.title LIKE '%canary%')
    EXECUTE FUNCTION canary()
"""
CLEAR = ("DROP TRIGGER canary ON project", "DROP FUNCTION canary")


@pytest.fixture
async def trap(superuser):
    """A row that the database refuses, quoting it: an error that nobody foresaw."""
    for statement in (TRAP, SET):
        await superuser.execute(text(statement.replace(":", "\\:")))
    await superuser.commit()
    yield
    for statement in CLEAR:
        await superuser.execute(text(statement))
    await superuser.commit()


@pytest.fixture
def site(stack, name, configured, tmp_path):
    """The application in a process of its own, all it writes going to a file."""
    port = free_port()
    with serve(port, stack.environment(name), factory="lianshen.web.app:create_app") as process:
        yield f"http://127.0.0.1:{port}", process.log


async def every_flow(base: str, token: str, account) -> dict[str, int]:
    """What people and programs do, and what they do wrong; the status of each."""
    found = {}
    signed_in = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=base) as client:

        async def ask(name, *request, **given):
            answer = await client.request(*request, **given)
            found[name] = answer.status_code

        wrong = {"tenant": "320723", "login": account.login, "password": PASSWORD}
        await ask("wrong password", "POST", "/api/v1/sessions", json=wrong)
        await ask("password as login", "POST", "/api/v1/sessions", json=wrong | {"login": PASSWORD, "password": PHONE})
        await ask("wrong password, page", "POST", "/login", data=wrong)
        await ask("broken body", "POST", "/api/v1/sessions", content=f'{{"password": "{PASSWORD}", {PHONE}')
        await ask("wrong type", "POST", "/api/v1/sessions", json=wrong | {"tenant": [PHONE]})
        await ask("unknown token", "GET", "/api/v1/me", headers={"authorization": f"Bearer {TOKEN}"})
        await ask("unknown cookie", "GET", "/inbox", headers={"cookie": f"lianshen={TOKEN}"})
        await ask("address", "GET", f"/nothing/{PHONE}?q={EMAIL}&token={TOKEN}", headers=signed_in)
        await ask("search", "GET", "/projects", params={"q": TYPED}, headers=signed_in)
        await ask("request id", "GET", "/healthz", headers={"x-request-id": f"{PHONE}\u00e9"[:11], "user-agent": TYPED})
        await ask("trap", "POST", "/api/v1/projects", json={"title": f"canary {TYPED}"}, headers=signed_in)
        await ask(
            "declaration", "POST", "/api/v1/projects", json={"title": "数据平台", "nope": TYPED}, headers=signed_in
        )
        files = {"file": (f"{PHONE}.exe", PDF, "application/pdf")}
        await ask("upload", "POST", "/api/v1/projects/9d3f6f1c-0b58-4c9e-9d3f-6f1c0b584c9e/documents", files=files,
                  data={"paper": TYPED}, headers=signed_in)  # fmt: skip
    return found


async def test_no_sink_holds_a_canary(site, trap, staff, stack, configured):
    base, log = site
    token = await staff.token(staff.find(*UNIT))
    lead = await staff.token(staff.find(*LEAD))
    found = await every_flow(base, token, staff.account("wjw-xx"))
    assert found["trap"] == 500, found
    assert found["wrong password"] == 401
    async with httpx.AsyncClient(base_url=base, headers={"authorization": f"Bearer {lead}"}) as client:
        people = (await client.get("/api/v1/contacts")).json()["items"]
        shown = await client.post(
            f"/api/v1/contacts/{next(one['person'] for one in people if one['phone'])}/unmask",
            json={"field": "phone", "reason": "核对联系方式"},
        )
        number = shown.json()["value"]
    canaries = [PHONE, CARD, EMAIL, PASSWORD, TOKEN.partition(".")[2], token.partition(".")[2], lead[7:], number]
    sinks = {"log": log.read_bytes(), **kept_in_redis(configured.redis_url), **kept_in_files(configured.files_dir)}
    assert b"unexpected" in sinks["log"], "the failure itself is told"
    leaks = [(name, canary) for name, kept in sinks.items() for canary in canaries if canary.encode() in kept]
    assert leaks == []


def kept_in_redis(url: str) -> dict[str, bytes]:
    with redis.Redis.from_url(url) as client:
        return {f"redis {key!r}": key + (client.dump(key) or b"") for key in client.scan_iter()}


def kept_in_files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
