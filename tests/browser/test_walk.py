"""One real project through a real browser, by people of five offices, from the pre-check to the filed contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from lianshen.cli.process import free_port
from tests.browser.served import TIME_FILE
from tests.browser.serving import chromium, serve, tell
from tests.walk.driver import PDF, instant

PICTURE = Path(__file__).parents[2] / "test-results" / "desk.png"
"""What README shows; ``make picture`` puts it there."""


class Site:
    """The served application, and the time it believes in."""

    def __init__(self, base: str, time_file: Path) -> None:
        self.base = base
        self._time_file = time_file

    def at(self, day: str) -> None:
        tell(self._time_file, instant(day))


@pytest.fixture(scope="module")
def site(stack, name, configured, tmp_path_factory) -> Iterator[Site]:
    port = free_port()
    time_file = tmp_path_factory.mktemp("clock") / "now"
    served = Site(f"http://127.0.0.1:{port}", time_file)
    served.at("2026-09-14")
    with serve(port, stack.environment(name) | {TIME_FILE: str(time_file)}):
        yield served


@pytest.fixture(scope="module")
def browser(site, staff) -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


class Person:
    """Somebody at a browser. A message of the browser's console (a broken policy, a missing file) is a failure."""

    def __init__(self, browser: Browser, site: Site, account=None) -> None:
        self._site = site
        self.page: Page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self._account = account

    def open(self, path: str) -> Page:
        """The page at ``path``; a session that has ended (days pass here) is begun anew on the way."""
        self.page.goto(self._site.base + path)
        if self._account and "/login" in self.page.url:
            self.sign_in(self._account)
        return self.page

    def sign_in(self, account) -> None:
        self._account = account
        self.page.select_option("#tenant", account.tenant)
        self.page.fill("#login", account.login)
        self.page.fill("#password", account.password)
        self.page.get_by_role("button", name="登录", exact=True).click()

    def act(self, project: str, action: str, **typed: str) -> None:
        self.open(f"/projects/{project}")
        card = self.page.locator(f"#act-{action}")
        if card.locator("summary.btn").count():
            card.locator("summary.btn").click()
        for field, value in typed.items():
            box = self.page.locator(f"#{action}-{field}")
            box.select_option(value) if box.evaluate("e => e.tagName") == "SELECT" else box.fill(value)
        card.locator("form button[type=submit]").click()
        expect(self.page.get_by_role("status")).to_contain_text("已办理")

    def hand_in(self, project: str, *papers: str) -> None:
        for paper in papers:
            self.open(f"/projects/{project}")
            self.choose(paper, "材料.pdf", "application/pdf", PDF)
            expect(self.page.locator(f"#paper-{paper}")).to_contain_text("第 1 版")

    def choose(self, paper: str, name: str, kind: str, body: bytes) -> None:
        self.page.set_input_files(f"#file-{paper}", {"name": name, "mimeType": kind, "buffer": body})
        self.page.locator(f"#paper-{paper} button").click()


@pytest.fixture(scope="module")
def people(browser, site, staff) -> dict[str, Person]:
    logins = {"unit": "jyj-sb", "lead": "sjj-ls", "reform": "fgw-ls", "money": "czj-ls", "cyber": "wxb-ls"}
    logins["approver"] = "fgw-sp"
    return {who: Person(browser, site, staff.account(login)) for who, login in logins.items()}


ANSWERS = {
    "title": "全县教育数据共享平台",
    "summary": "汇聚全县教育数据，支撑入学一件事。",
    "project_budget": "999,999.99",
    "total_investment": "999999.99",
}
CHOICES = {"kind": "new_build", "funding": "fiscal", "hosting": "city_government_cloud"}
YES = (
    "generates_public_data",
    "has_data_sharing_chapter",
    "has_security_section",
    "in_approved_plan",
    "in_annual_plan",
    "budget_secured",
)


def test_the_pre_check_answers_as_one_types(browser, site):
    visitor = Person(browser, site)
    page = visitor.open("/precheck/320723")
    result = page.locator("#result")
    for typed, said in (
        ("499,999.99", "50万元以下"),
        ("500000", "100万元以下：联审"),
        ("999,999.99", "100万元以下：联审"),
        ("1000000.00", "100万元（含）及以上"),
    ):
        page.fill("#project_budget", typed)
        expect(result).to_contain_text(said)
    page.fill("#project_budget", "五十万")
    expect(page.locator("#project_budget-remark")).not_to_be_empty()
    page.fill("#project_budget", "650000")
    expect(page.locator("#project_budget-remark")).to_be_empty()
    page.check("#builds_private_network")
    expect(result).to_contain_text("新建业务专网")
    expect(result).to_contain_text("第六条（二）")
    assert visitor.said == []


def test_the_pre_check_explains_itself_on_a_phone_without_javascript(browser, site):
    site.at("2026-09-14")
    context = browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.base}/precheck/320723")
    page.fill("#project_budget", "1200000")
    page.select_option("#kind", "new_build")
    page.get_by_role("button", name="查看结果").click()
    step = page.locator("#result .route > li").filter(has_text="财政审核概算")
    change = step.get_by_text("预算金额低于 1,000,000.00 元时")
    expect(change).to_be_hidden()
    step.locator("summary").click()
    expect(change).to_be_visible()
    expect(step).to_contain_text("所用数字：100万元（含）及以上（第十六条（三））")
    why = page.locator("#result details.why").first
    why.locator("summary").click()
    expect(why).to_contain_text("国庆节调休上班")
    page.fill("#on", "2025-09-05")
    page.get_by_role("button", name="查看结果").click()
    expect(page.locator("#result")).to_contain_text("2025年9月5日尚未施行")
    expect(page.locator("#project_budget")).to_have_value("1200000")
    context.close()


def declare(site: Site, browser: Browser, account) -> tuple[Person, str]:
    """From the pre-check, without an account, over the sign-in, to a draft: nothing that was typed is lost."""
    unit = Person(browser, site)
    page = unit.open("/precheck/320723")
    for field, value in ANSWERS.items():
        page.fill(f"#{field}", value)
    for field, value in CHOICES.items():
        page.select_option(f"#{field}", value)
    for field in YES:
        page.check(f"#{field}")
    page.get_by_role("button", name="据此申报").click()
    unit.sign_in(account)
    for field, value in ANSWERS.items():
        expect(page.locator(f"#{field}")).to_have_value(value)
    page.fill("#total_investment", "很多")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("#total_investment-remark")).not_to_be_empty()
    expect(page.locator("#title")).to_have_value(ANSWERS["title"])
    page.fill("#total_investment", ANSWERS["total_investment"])
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("h1")).to_contain_text("草稿")
    return unit, page.url.rpartition("/")[2]


def hand_in_papers(unit: Person, project: str, folder: Path) -> None:
    page = unit.open(f"/projects/{project}")
    expect(page.locator("#act-submit")).to_contain_text("缺少材料：可行性研究报告")
    unit.choose("feasibility_report", "可研.txt", "text/plain", b"not a paper")
    expect(page.locator("#paper-feasibility_report")).to_contain_text("文件类型不符")
    with (folder / "大.pdf").open("wb") as large:
        large.truncate(200 << 20)
    page.set_input_files("#file-feasibility_report", folder / "大.pdf")
    expect(page.locator("#paper-feasibility_report")).to_contain_text("文件超过 50 MB")
    unit.hand_in(project, "feasibility_report", "resource_catalogue")


def test_a_project_from_pre_check_to_filed_contract(browser, site, people, staff, tmp_path):
    site.at("2026-09-14")
    unit, project = declare(site, browser, staff.account("jyj-sb"))
    hand_in_papers(unit, project, tmp_path)
    unit.act(project, "submit")
    lead = people["lead"]
    expect(lead.open("/inbox").locator("main")).to_contain_text(ANSWERS["title"])
    lead.act(project, "pass_pre_review")
    lead.act(project, "open_joint_review", opinions_due_on="2026-09-23")
    for number, who in enumerate(("reform", "money", "cyber"), 1):
        expect(people[who].open("/inbox").locator("main")).to_contain_text("反馈联审意见")
        people[who].act(project, "give_opinion", verdict="agree_with_remarks", remarks="请补充数据共享清单。")
        expect(people[who].page.locator("main")).to_contain_text(f"已答复 {number}/3")

    site.at("2026-09-24")
    lead.act(project, "return_with_remarks", remarks="按各单位意见完善接口设计。")
    page = unit.open(f"/projects/{project}")
    deadlines = page.locator("section:has(#deadlines)")
    for said in ("2026年10月15日", "中秋节放假", "国庆节放假", "10月10日", "国庆节调休上班", "国办发明电〔2025〕7号"):
        expect(deadlines).to_contain_text(said)
    page.screenshot(path=PICTURE)
    expect(unit.open("/inbox").locator("main")).to_contain_text("剩 10 个工作日")
    unit.act(project, "submit_revision", remarks="已逐条修改。")
    lead.act(project, "pass_recheck")
    people["approver"].act(project, "approve", approval_number="灌发改〔2026〕1号", approved_amount="980,000")
    unit.act(
        project,
        "record_signing",
        contracts_signed_on="2026-03-04",
        contract_amount="975,000",
        winning_bidder="中标单位",
    )
    expect(unit.page.locator("section:has(#deadlines)")).to_contain_text("2026年3月18日")
    unit.hand_in(project, "contract", "price_list")
    unit.act(project, "file_contract")
    lead.act(project, "accept_contract_filing")
    history = lead.open(f"/projects/{project}").locator("#history")
    for said in ("批准立项", "县发改委 审批岗", "第五条（二）", "受理合同备案", "第二十五条"):
        expect(history).to_contain_text(said)
    problems = [said for person in (unit, *people.values()) for said in person.said if "415" not in said]
    assert [said for said in problems if "422" not in said] == []


def test_a_stale_page_is_told_so_and_keeps_what_was_typed(browser, site, people, staff):
    site.at("2026-09-14")
    unit, project = declare(site, browser, staff.account("jyj-sb"))
    page = unit.open(f"/projects/{project}/edit")
    page.fill("#title", "改过的名称")
    other = Person(browser, site, staff.account("jyj-xx"))
    other.open(f"/projects/{project}/edit").fill("#title", "别人先改的名称")
    other.page.get_by_role("button", name="保存草稿").click()
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("main")).to_contain_text("内容已被他人更新")
    expect(page.locator("#title")).to_have_value("改过的名称")


def test_a_draft_with_a_title_alone_has_its_page_and_its_button_stays_where_it_is(browser, site, people, staff):
    site.at("2026-09-14")
    page = Person(browser, site, staff.account("jyj-sb")).open("/projects/new")
    page.fill("#title", "只有名称的草稿")
    page.fill("#total_investment", "700000")
    button = page.get_by_role("button", name="保存草稿")
    before = button.bounding_box()
    page.wait_for_timeout(600)
    assert button.bounding_box() == before
    page.fill("#total_investment", "")
    button.click()
    expect(page.locator("h1")).to_contain_text("只有名称的草稿")


def test_pages_fit_a_phone(browser, site, staff):
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    for path in ("/", "/precheck/320723", "/login"):
        page.goto(site.base + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_a_preview_does_not_follow_a_button_that_was_pressed_meanwhile(browser, site):
    """htmx would send what was still to be previewed to the address of the button, and its answer would lead astray."""
    page = Person(browser, site).open("/precheck/320723")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if "hx-request" in request.headers else None)
    page.evaluate("""() => {
        const form = document.querySelector("form[hx-post]");
        form.addEventListener("submit", (event) => event.preventDefault());
        form.querySelector("#title").dispatchEvent(new Event("input", {bubbles: true}));
        form.querySelector("button[formaction]").click();
    }""")
    page.wait_for_timeout(800)
    assert asked == []
