"""Every page that links and forms lead each role to, in a real browser (D166, D167, D169, D174, D176).

The project that the people meet carries markup in every text field. No page may break the policy, say anything in the
console, ask another origin, come without headers, or let the markup become elements.
"""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Response, expect

from lianshen.web._headers import _ALWAYS
from tests.browser.test_walk import ANSWERS, CHOICES, YES, Person, browser, site

__all__ = ["browser", "site"]

PAYLOAD = "\"'><img src=x onerror=window.hit=1 class=hit><script>window.hit=1</script>{{7*7}}"
DOWNLOADS = re.compile(
    r"/proof/|/projects/[0-9a-f-]{36}/papers/|/export|/receipts/[0-9a-f-]{36}/note|\.xlsx|\.docx|\.zip"
)
ROLES = ("applicant", "lead_officer", "co_reviewer", "approver", "estimate_reviewer", "observer", "rules_officer",
         "system_admin", "security_admin", "audit_admin")  # fmt: skip
MOST = 60
"""Pages for each role; addresses that differ in ids alone count as one after the third."""


class Crawler:
    """Follows what a page offers and notes all that is asked, answered and said meanwhile."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.found: list[str] = []
        self.seen: dict[str, int] = {}
        self.visited: list[str] = []
        page.on("console", lambda message: self._note("console", message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.on("dialog", lambda dialog: (self._note("dialog", dialog.message), dialog.dismiss()))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _note(self, kind: str, said: str) -> None:
        self.found.append(f"{self.page.url} {kind}: {said}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.base + "/", "data:image/")):
            self._note("another origin", request.url)

    def _answered(self, response: Response) -> None:
        if response.url.startswith("data:"):
            return
        headers = response.headers
        for name, value in _ALWAYS.items():
            if headers.get(name) != value:
                self._note("header", f"{response.url} {name}: {headers.get(name)}")
        if "/static/" not in response.url and headers.get("cache-control") != "no-store":
            self._note("may be kept", response.url)
        if response.status >= 500:
            self._note("failure", f"{response.url} {response.status}")

    def crawl(self, *starts: str) -> None:
        waiting = list(starts)
        while waiting and len(self.visited) < MOST:
            address = waiting.pop(0)
            self.page.goto(self.base + address)
            self.visited.append(address)
            self._look(address)
            for link in self.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
                self._add(waiting, link)
            for form in self.page.eval_on_selector_all(
                "form", "all => all.filter(one => one.method == 'get').map(one => one.action)"
            ):
                self._add(waiting, form)

    def _look(self, address: str) -> None:
        assert self.page.locator(".hit").count() == 0, f"{address}: markup of a field became elements"
        assert self.page.evaluate("window.hit") is None, f"{address}: a script of a field ran"
        assert "</script>49" not in self.page.locator("main").inner_text(), f"{address}: a template ran"
        inline = self.page.eval_on_selector_all(
            "script:not([src]), style, [style], [onclick], [onchange], [onsubmit]",
            "all => all.map(one => one.outerHTML)",
        )
        assert inline == [], address

    def _add(self, waiting: list[str], link: str) -> None:
        parts = urlsplit(link)
        address = parts.path + (f"?{parts.query}" if parts.query else "")
        if parts.scheme not in ("http", "https") or DOWNLOADS.search(address):
            return
        if not link.startswith(self.base + "/"):
            self._note("link to another origin", link)
            return
        shape = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]{6}@[0-9-]+", "*", re.sub(r"=[^&]*", "=", address))
        self.seen[shape] = self.seen.get(shape, 0) + 1
        if self.seen[shape] <= 3 and address not in waiting and address not in self.visited:
            waiting.append(address)


@pytest.fixture(scope="module")
def poisoned(site, browser, staff) -> str:
    """A project of the education bureau with markup in every text field; its address."""
    site.at("2026-09-14")
    unit = Person(browser, site, staff.account("jyj-sb"))
    page = unit.open("/projects/new")
    for box in page.locator("main form textarea, main form input[type=text], main form input:not([type])").all():
        if box.is_visible() and box.get_attribute("inputmode") is None:
            box.fill(PAYLOAD)
    for field, value in ANSWERS.items():
        if field not in ("title", "summary"):
            page.fill(f"#{field}", value)
    for field, value in CHOICES.items():
        page.select_option(f"#{field}", value)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("h1")).to_contain_text("草稿")
    project = page.url.rpartition("/")[2]
    unit.open(f"/projects/{project}")
    unit.choose("feasibility_report", PAYLOAD.replace("/", "") + ".pdf", "application/pdf", b"%PDF-1.7\n")
    expect(page.locator("#paper-feasibility_report")).to_contain_text("第 1 版")
    return f"/projects/{project}"


@pytest.mark.demand("D166", "D167", "D169", "D174")
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_keeps_the_policy(site, browser, staff, poisoned, role):
    login = next(one.login for one in staff.accounts if (one.tenant, one.role) == ("320723", role))
    if role == "applicant":
        login = "jyj-sb"
    person = Person(browser, site, staff.account(login))
    person.open("/login")
    crawler = Crawler(person.page, site.base)
    own = () if role.endswith("_admin") else ("/inbox", poisoned)
    crawler.crawl("/", *own, "/account", "/no-such-page", "/precheck/320723?title=" + "%3Cb class=hit%3E")
    gone = re.compile("404|409")  # 409: projects under versions of the law that another test has taken away
    assert [one for one in crawler.found if not gone.search(one)] == []
    assert len(crawler.visited) > 3


@pytest.mark.demand("D166", "D167", "D174")
def test_every_page_of_nobody_keeps_the_policy(site, browser):
    person = Person(browser, site)
    crawler = Crawler(person.page, site.base)
    crawler.crawl("/", "/login?next=/%22%3E%3Cimg%20src=x%20class=hit%3E", "/no-such-page")
    assert [one for one in crawler.found if "404" not in one] == []
    assert len(crawler.visited) > 5


@pytest.mark.demand("D176")
def test_a_project_is_declared_and_filed_without_javascript(site, browser, staff):
    site.at("2026-09-14")
    unit = Person(browser, site)
    unit.page = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False).new_page()
    unit.open("/login")
    unit.sign_in(staff.account("jyj-sb"))
    page = unit.open("/projects/new")
    for field, value in ANSWERS.items():
        page.fill(f"#{field}", value)
    for field, value in CHOICES.items():
        page.select_option(f"#{field}", value)
    for field in YES:
        page.check(f"#{field}")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("h1")).to_contain_text("草稿")
    project = page.url.rpartition("/")[2]
    unit.hand_in(project, *(one.removeprefix("file-") for one in papers_of(unit.open(f"/projects/{project}"))))
    unit.act(project, "submit")
    expect(page.locator("h1")).not_to_contain_text("草稿")


def papers_of(page: Page) -> list[str]:
    return [box.get_attribute("id") or "" for box in page.locator("input[type=file]").all()]
