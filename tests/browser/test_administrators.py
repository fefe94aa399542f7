"""Three administrators at real browsers: create, empower, appoint by two, hand over; the wrong one finds no button."""

import io
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from lianshen.staff._spreadsheet import COLUMNS
from tests.browser.test_walk import Person, browser, site

__all__ = ["browser", "site"]

PICTURES = Path(__file__).parents[2] / "test-results"


def look(page: Page, name: str) -> None:
    """The page fits a desk and a phone; a picture of each is kept to be looked at."""
    PICTURES.mkdir(exist_ok=True)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        page.screenshot(path=PICTURES / f"staff-{name}-{width}.png", full_page=True)


@pytest.fixture(scope="module")
def three(browser, site, staff) -> dict[str, Person]:
    return {login: Person(browser, site, staff.account(login)) for login in ("xtgl", "aqgl", "sjgl")}


def book(*rows: tuple[str, ...]) -> bytes:
    made = Workbook()
    made.active.append(list(COLUMNS.values()))
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def create(three, name: str, login: str, office: str) -> str:
    """By the system administrator; the address of the person's page."""
    page = three["xtgl"].open("/staff/new")
    page.fill("#name", name)
    page.fill("#login", login)
    page.select_option("#office", label=office)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("h1")).to_contain_text(name)
    return "/staff" + page.url.partition("/staff")[2]


def enable(three, path: str) -> str:
    page = three["aqgl"].open(path)
    page.get_by_role("button", name="启用账号").click()
    return page.locator(".staff-secret").inner_text()


def grant(three, path: str, role: str) -> None:
    page = three["aqgl"].open(path)
    page.locator("summary", has_text="授予角色").click()
    page.get_by_label(role).check()
    page.get_by_role("button", name="保存角色").click()
    expect(page.locator("ul.plain").first).to_contain_text(role)


def no_button(page: Page, *names: str) -> None:
    for name in names:
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_a_menu_opens_by_keyboard_is_one_at_a_time_and_fits_a_phone(three):
    """Enter opens the first menu, Tab goes into it; another closes it, and so do Escape and a press elsewhere."""
    page = three["xtgl"].open("/staff")
    menus = page.locator("details.nav-menu")
    first, second = menus.nth(0), menus.nth(1)
    opened = page.locator("details.nav-menu[open]")
    expect(opened).to_have_count(0)
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first.locator("a").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(first.locator("a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    expect(first.locator("summary")).to_be_focused()
    for press in (first, second):
        press.locator("summary").click()
        expect(opened).to_have_count(1)
        expect(press.locator("a").first).to_be_visible()
    page.locator("h1").click()
    expect(opened).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 800})
    for menu in menus.all():
        menu.locator("summary").click()
        box = menu.locator(".menu-items").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390, box
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_menu_leads_on_without_javascript(browser, site, staff):
    admin = Person(browser, site)
    admin.page = browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False).new_page()
    page = admin.open("/login")
    admin.sign_in(staff.account("xtgl"))
    menu = page.locator("details.nav-menu").first
    expect(menu.locator("a").first).to_be_hidden()
    menu.locator("summary").click()
    menu.get_by_role("link", name="机构", exact=True).click()
    expect(page).to_have_url(re.compile("/staff/offices$"))
    expect(page.locator("details.nav-menu [aria-current=page]")).to_have_text("机构")


@pytest.mark.demand("D117")
def test_one_creates_another_empowers_a_third_watches(site, browser, three):
    path = create(three, "张三", "zhangsan1", "县教育局（jyj）")
    expect(three["xtgl"].page.locator("h1")).to_contain_text("未启用")
    no_button(three["xtgl"].page, "启用账号", "保存角色", "终止岗位", "批准任命")
    watching = three["sjgl"].open(path)
    no_button(watching, "启用账号", "保存角色", "终止岗位", "提请任命", "增加")
    secret = enable(three, path)
    look(three["aqgl"].page, "secret")
    grant(three, path, "项目单位申报岗")
    look(three["aqgl"].page, "person")
    account = SimpleNamespace(tenant="320723", login="zhangsan1", password=secret)
    newcomer = Person(browser, site)
    newcomer.open("/login")
    newcomer.sign_in(account)
    expect(newcomer.page.locator("main")).to_contain_text("密码")
    watching = three["sjgl"].open(path)
    for said in ("授予角色：张三", "启用账号：张三", "登记人员：张三", "县数据局 系统管理员", "县数据局 安全管理员"):
        expect(watching.locator("main")).to_contain_text(said)
    refused = three["xtgl"].page
    for wrong, act in (("xtgl", "enable"), ("sjgl", "disable")):
        refused = three[wrong].open(path)
        key = refused.locator("input[name=_csrf]").first.input_value()
        answer = refused.request.post(
            f"{site.base}{path}/{act}", form={"_csrf": key}, headers={"sec-fetch-site": "same-origin"}
        )
        assert answer.status == 403, (wrong, act)
    for person in three.values():
        assert person.said == []


@pytest.mark.demand("D118")
def test_an_administrator_is_made_by_two(three):
    path = create(three, "王五", "wangwu1", "县数据局（sjj）")
    page = three["xtgl"].page
    page.select_option("#role", label="安全审计员")
    page.get_by_role("button", name="提请任命").click()
    expect(page.locator("main")).to_contain_text("待另一名安全管理员批准")
    no_button(page, "批准任命")
    enable(three, path)
    page = three["aqgl"].open("/staff")
    expect(page.locator(".alert")).to_contain_text("王五：安全审计员")
    look(page, "people")
    page = three["aqgl"].open(path)
    page.get_by_role("button", name="批准任命", exact=True).click()
    expect(page.locator("main")).to_contain_text("担任安全审计员")
    no_button(page, "保存角色")


@pytest.mark.demand("D156", "D159")
def test_a_list_is_brought_entered_and_empowered(three):
    page = three["xtgl"].open("/staff/lists")
    rows = [("赵一", "zhaoyi1", "jyj", "项目单位申报岗", "", ""), ("钱二", "qianer1", "xyz", "", "", ""),
            ("=1+1", "sunsan1", "jyj", "", "", ""), ("李四", "lisi1", "jyj", "", "", "")]  # fmt: skip
    page.set_input_files("#file", {"name": "名单.xlsx", "mimeType": "application/zip", "buffer": book(*rows)})
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator("tbody tr").nth(1)).to_contain_text("没有机构代码“xyz”")
    expect(page.locator("tbody tr").nth(2)).to_contain_text("公式")
    look(page, "list")
    page.get_by_role("button", name=re.compile("登记可以登记的 2 行")).click()
    expect(page.locator("main")).to_contain_text("已登记 2 行")
    no_button(page, "启用已登记")
    address = "/staff" + page.url.partition("/staff")[2]
    page = three["aqgl"].open(address)
    page.get_by_role("button", name=re.compile("启用已登记的 2 人")).click()
    expect(page.locator(".staff-secret")).to_have_count(2)
    page.get_by_role("link", name="返回").click()
    expect(page.locator("main")).to_contain_text("已启用 2 行")
    look(three["xtgl"].open("/staff/lists"), "lists")
    with three["xtgl"].page.expect_download() as template:
        three["xtgl"].page.get_by_role("link", name="下载模板").click()
    assert template.value.suggested_filename == "people.xlsx"
    with three["sjgl"].open("/staff").expect_download() as review:
        three["sjgl"].page.get_by_role("button", name="导出权限清单").click()
    assert Path(review.value.path()).read_bytes().startswith(b"PK")


def test_offices_are_entered_by_the_system_administrator(three):
    page = three["xtgl"].open("/staff/offices")
    page.fill("#name", "县档案馆")
    page.fill("#code", "dag1")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("tbody")).to_contain_text("县档案馆")
    look(page, "offices")
    page.fill("#name", "县档案馆")
    page.fill("#code", "dag1")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("main")).to_contain_text("该机构代码已被使用")
    no_button(three["aqgl"].open("/staff/offices"), "登记")
    look(three["xtgl"].open("/staff/new"), "new")


def test_somebody_leaves_and_another_goes_on(three):
    path = create(three, "老周", "laozhou1", "县发改委（fgw）")
    enable(three, path)
    grant(three, path, "审批岗")
    page = three["aqgl"].open(path)
    page.get_by_role("link", name="离岗交接").click()
    page.check("input[name=posts]")
    page.fill("#successor", "fgw-sp")
    page.fill("#reason", "调离")
    look(page, "leaving")
    page.get_by_role("button", name="办理离岗交接").click()
    expect(page.locator("h1")).to_contain_text("已离岗")
    expect(page.locator("main")).to_contain_text("离岗交接：老周，接替人")


def test_one_asks_a_colleague_to_stand_in(browser, site, staff):
    unit = Person(browser, site, staff.account("jyj-sb"))
    page = unit.open("/stand-ins")
    page.fill("#deputy", "jyj-xx")
    page.fill("#until", "2026-09-18")
    look(page, "stand-in")
    page.get_by_role("button", name="确定").click()
    expect(page.locator("ul.plain").first).to_contain_text("信息化岗")
    deputy = Person(browser, site, staff.account("jyj-xx"))
    there = deputy.open("/account")
    expect(there.locator("main")).to_contain_text(re.compile(r"代\s*申报岗"))
    given = page.locator("ul.plain").first.get_by_role("listitem").filter(has_text="信息化岗")
    given.get_by_role("button", name="收回").click()
    expect(given).to_have_count(0)
    assert unit.said == []
