"""The API of people administration: the same commands, the same refusals, and first passwords shown once."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError


@pytest.fixture
def admin(program):
    async def signed_in(role: str):
        return await program("县数据局", role)

    return signed_in


@pytest.mark.demand("D117", "D110")
async def test_people_are_made_by_two_over_the_api(admin):
    system, security, audit = [await admin(role) for role in ("system_admin", "security_admin", "audit_admin")]
    offices = (await system.get("/api/v1/offices")).json()
    office = next(one["id"] for one in offices if one["code"] == "jyj")
    body = {"office": office, "login": "api-zhang", "name": "张三", "since": "2026-03-01"}
    assert (await security.post("/api/v1/people", json=body)).status_code == 403
    made = await system.post("/api/v1/people", json=body)
    assert made.status_code == 201
    path = f"/api/v1/people/{made.json()['id']}"
    again = await system.post("/api/v1/people", json=body | {"login": "API-Zhang"})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "login")
    assert (await system.put(f"{path}/enablement")).status_code == 403
    key = {"Idempotency-Key": "enable-once"}
    first = await security.put(f"{path}/enablement", headers=key)
    assert first.status_code == 200
    assert len(first.json()["secret"]) >= 12
    second = await security.put(f"{path}/enablement", headers=key)
    assert (second.status_code, second.json()["type"]) == (409, "urn:lianshen:problem:not_now")
    found = (await audit.get(path)).json()
    post = found["person"]["posts"][0]["id"]
    assert (await security.put(f"/api/v1/posts/{post}/roles", json={"roles": ["applicant"]})).status_code == 204
    alone = await security.put(f"/api/v1/posts/{post}/roles", json={"roles": ["audit_admin"]})
    assert alone.json()["type"] == "urn:lianshen:problem:one_hand"
    for nobodys in ("system", "operator", "nobody"):
        refused = await security.put(f"/api/v1/posts/{post}/roles", json={"roles": [nobodys]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "roles"), nobodys
    for method, where, given in (("put", f"{path}/password", {}), ("post", f"{path}/disablement", {})):
        for wrong in (system, audit):
            answer = await wrong.request(method, where, json=given)
            assert answer.status_code == 403
    assert [one["login"] for one in (await audit.get("/api/v1/people", params={"q": "api-z"})).json()] == ["api-zhang"]
    assert (await security.get(f"{path}/leaving")).json()["needs_successor"] is False
    assert (await security.post(f"{path}/leaving", json={"reason": "调离"})).status_code == 204
    assert (await audit.get(path)).json()["person"]["state"] == "left"


@pytest.mark.demand("D42", "D43")
@pytest.mark.parametrize("role", ["system", "operator"])
async def test_not_even_sql_puts_a_system_or_an_operator_in_a_post(superuser, role):
    """Their roles are a key's, and the platform's own tenant's."""
    put = text("UPDATE post SET roles = ARRAY[:role] WHERE tenant = '320723' AND admin IS NULL")
    with pytest.raises(IntegrityError, match=f"post_{role}_check"):
        await superuser.execute(put, {"role": role})


@pytest.mark.demand("D115")
async def test_administrators_read_no_project_and_others_no_people(admin, program):
    for role in ("system_admin", "security_admin", "audit_admin"):
        one = await admin(role)
        for path in ("/api/v1/projects", "/api/v1/inbox", "/api/v1/contacts"):
            assert (await one.get(path)).status_code == 403, (role, path)
    unit = await program("县教育局", "applicant")
    for path in ("/api/v1/people", "/api/v1/offices", "/api/v1/appointments"):
        assert (await unit.get(path)).status_code == 403
