"""Receipts, comparisons and a visit at real browsers: both sides of each, on a desk and on a phone."""

import asyncio
import re
import threading
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from lianshen.kernel.database import Database
from lianshen.reckoning import commands as reckoning
from lianshen.tenancy.types import PLATFORM
from lianshen_workers.deliver import SCHEMA, deliver
from tests.browser.test_administrators import look
from tests.browser.test_walk import Person, browser, site
from tests.conftest import Desk
from tests.walk.driver import Driver

__all__ = ["browser", "site"]
TENANT = "320723"


@pytest.fixture(scope="module")
async def project(database, worker_database, staff, law, configured):
    """Filed, its receipt signed, the county's numbers tallied and compared."""
    drive = Driver(Desk(database), staff, law, configured.files_dir)
    drive.at("2026-09-13")
    await drive.submit("700000")
    worker = Desk(worker_database)
    worker.now = drive._work.now
    await _deliver(worker_database, "sign_receipt")
    async with worker() as uow:
        await uow.enter(TENANT)
        await reckoning.compare(uow, configured)
        await reckoning.tally(uow, configured)
        await uow.commit()
    return drive.project


async def _deliver(worker_database, *jobs: str) -> None:
    async with worker_database.engine.connect() as connection:
        found = []
        for tenant in (TENANT, PLATFORM):
            await connection.execute(text("SELECT enter(:t)"), {"t": tenant})
            asked = text("SELECT id FROM outbox WHERE tenant = :t AND state = 'pending' AND job = ANY(:jobs)")
            rows = await connection.execute(asked, {"t": tenant, "jobs": list(jobs)})
            found += [(tenant, UUID(str(one))) for one in rows.scalars()]
            await connection.rollback()
    for tenant, message in found:
        assert await deliver(worker_database, tenant=tenant, message=message, request_id="t", schema=SCHEMA)


def carry(stack, name) -> None:
    """What the worker does within a second, done here while the browser waits."""

    async def now() -> None:
        database = Database(stack.url("lianshen_worker", name), pool_size=2)
        await _deliver(database, "carry_visit", "tell_administrators")
        await database.close()

    thread = threading.Thread(target=lambda: asyncio.run(now()))
    thread.start()
    thread.join()


def test_a_receipt_is_read_printed_and_looked_up(project, site, browser, staff):
    unit = Person(browser, site, staff.account("jyj-sb"))
    page = unit.open(f"/projects/{project}")
    page.locator("#receipts").scroll_into_view_if_needed()
    page.get_by_role("link", name=re.compile("HZ")).first.click()
    expect(page.locator("h1")).to_have_text("报送回执")
    expect(page.locator(".receipt")).to_contain_text("Ed25519")
    look(page, "receipt")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="打印")).not_to_be_visible()
    page.emulate_media(media="screen")
    page = unit.open("/submissions?key=nothing")
    expect(page.locator(".alert-info").last).to_contain_text("没有办理")
    look(page, "submission")
    page = unit.open("/account")
    expect(page.locator("#sessions")).to_be_visible()
    look(page, "account")
    assert unit.said == []


def test_terms_stand_beside_the_work_and_on_a_telephone_before_the_ledger(project, site, browser, staff):
    page = Person(browser, site, staff.account("jyj-sb")).open(f"/projects/{project}")
    look(page, "desk")

    def box(name: str) -> dict[str, float]:
        found = page.locator(name).bounding_box()
        assert found is not None
        return found

    papers, terms, ledger = (box(one) for one in ("#papers", "section:has(> * > #deadlines)", "#history"))
    assert terms["x"] > papers["x"] + papers["width"]
    assert terms["y"] < papers["y"]
    assert ledger["x"] == papers["x"]
    assert papers["y"] < ledger["y"]
    page.set_viewport_size({"width": 390, "height": 900})
    papers, terms, ledger = (box(one) for one in ("#papers", "section:has(> * > #deadlines)", "#history"))
    assert papers["x"] == terms["x"] == ledger["x"]
    assert papers["y"] < terms["y"] < ledger["y"]


def test_whoever_comes_back_to_a_form_is_shown_where_to_look(project, site, browser, staff):
    """The answer never came: the browser shows a page of its own, and its user goes back to the form."""
    page = Person(browser, site, staff.account("jyj-xx")).open("/projects/new")
    expect(page.locator("#unanswered")).to_be_hidden()
    key = page.locator('main input[name="_key"]').first.input_value()
    page.route("**/projects", lambda route: route.abort())
    page.fill("#title", "没有收到答复")
    with page.expect_event("requestfailed"):
        page.locator("main form").first.evaluate("form => form.requestSubmit()")
    page.wait_for_timeout(500)
    page.unroute("**/projects")
    page.go_back()
    expect(page.locator("#unanswered")).to_be_visible()
    assert page.locator("#unanswered a").get_attribute("href") == f"/submissions?key={key}"
    page.locator("#unanswered a").click()
    expect(page.locator("h1")).to_have_text("办理结果")


def test_the_auditor_looks_at_what_was_compared(project, site, browser, staff):
    page = Person(browser, site, staff.account("sjgl")).open("/audit/reconciliation")
    expect(page.locator(".numbers")).to_contain_text("相符")
    expect(page.get_by_text("回执核对", exact=True)).to_be_visible()
    look(page, "reconciliation")
    page.goto(site.base + "/audit")
    look(page, "audit")


def test_an_operator_looks_in_by_leave(project, site, browser, staff, stack, name):
    operator = Person(browser, site, staff.account("yw-1", PLATFORM))
    page = operator.open(f"/operations/tenants/{TENANT}")
    page.fill("#visit-reason", "核对附件打不开的问题")
    page.fill("#visit-ticket", "GD-2026-0311")
    look(page, "operations-tenant")
    page.get_by_role("button", name="提请查看").click()
    carry(stack, name)
    guard = Person(browser, site, staff.account("aqgl"))
    asked = guard.open("/visits")
    look(asked, "visits")
    mine = asked.locator("section").filter(has_text="GD-2026-0311")
    mine.get_by_role("button", name="批准查看").click()
    carry(stack, name)
    page = operator.open(f"/operations/tenants/{TENANT}")
    page.locator(".act").filter(has_text="GD-2026-0311").get_by_role("button", name="进入查看").click()
    expect(page.locator(".visit-banner")).to_contain_text("正在查看灌云县的数据")
    look(page, "visited-projects")
    page = operator.open(f"/projects/{project}")
    expect(page.locator(".visit-banner")).to_be_visible()
    look(page, "visited-project")
    asked = guard.open("/visits")
    asked.get_by_role("link", name="查看了什么").first.click()
    expect(asked.locator("tbody")).to_contain_text(f"/projects/{project}")
    look(asked, "visit")
    asked.goto(site.base + "/visits")
    asked.get_by_role("button", name="立即结束").click()
    assert page.reload().status == 404
    look(operator.open("/operations"), "operations")


def test_pages_of_administrators_fit(site, browser, staff):
    guard = Person(browser, site, staff.account("aqgl"))
    for path in ("/rights", "/rights/people", "/systems", "/staff", "/account"):
        look(guard.open(path), "admin" + path.replace("/", "-"))
    creator = Person(browser, site, staff.account("xtgl"))
    page = creator.open("/staff")
    page.locator("a[href^='/staff/people/']").first.click()
    look(page, "admin-person")
    lead = Person(browser, site, staff.account(staff.find("县数据局", "lead_officer")))
    look(lead.open("/contacts"), "contacts")
