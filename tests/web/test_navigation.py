"""The ways that every page offers: few, all of them open to whoever sees them, and where one is stands out."""

import re

import pytest

from tests.web.conftest import browser

NAV = re.compile(r'<nav class="masthead-nav".*?</nav>', re.DOTALL)
GROUP = re.compile(r"<details.*?</details>", re.DOTALL)
ROLES = ("applicant", "lead_officer", "co_reviewer", "approver", "estimate_reviewer", "observer", "rules_officer",
         "office_head", "system_admin", "security_admin", "audit_admin")  # fmt: skip


@pytest.fixture
def signed_in(app, staff):
    async def of(role: str, tenant: str = "320723"):
        login = next(one.login for one in staff.accounts if (one.tenant, one.role) == (tenant, role))
        return browser(app, cookies={"lianshen": (await staff.sign_in(login, tenant)).token})

    return of


@pytest.mark.parametrize("role", ROLES)
async def test_what_is_offered_is_little_and_open(signed_in, role):
    async with await signed_in(role) as client:
        nav = NAV.search((await client.get("/account")).text)[0]
        ways = re.findall(r'href="([^"]+)"', nav)
        assert ways
        assert len(ways) == len(set(ways))
        at_once = len(re.findall(r"<a ", GROUP.sub("", nav))) + len(GROUP.findall(nav))
        assert at_once <= 7
        assert all(len(re.findall(r"<a ", group)) > 1 for group in GROUP.findall(nav)), "a menu of one is a link"
        answers = {way: (await client.get(way)).status_code for way in ways}
        assert set(answers.values()) == {200}, answers


async def test_where_one_is_stands_out_once(signed_in):
    async with await signed_in("applicant") as client:
        for path in ("/inbox", "/projects", "/projects/new"):
            nav = NAV.search((await client.get(path)).text)[0]
            assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == [path]
    async with await signed_in("security_admin") as client:
        nav = NAV.search((await client.get("/rights/who")).text)[0]
        assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == ["/rights"]
        nav = NAV.search((await client.get("/staff/offices")).text)[0]
        assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == ["/staff/offices"]
