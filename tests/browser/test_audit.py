"""The audit administrator at a browser: search, export, verification; a proof from the timeline, checked as it came."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from lianshen.audit.checkpoints import Signer, checkpoint
from lianshen.audit.jobs import verified
from tests.browser.test_walk import Person, browser, site
from tests.conftest import Desk
from tests.walk.driver import LEAD, Driver

__all__ = ["browser", "site"]
SHOTS = Path(__file__).parents[2] / "test-results"
HOSTILE = '=HYPERLINK("http://evil")＝1'


@pytest.fixture(scope="module")
async def project(database, worker_database, staff, law, configured):
    """Filed and pre-reviewed, its ledger signed and verified."""
    drive = Driver(Desk(database), staff, law, configured.files_dir)
    drive.at("2026-09-14")
    await drive.submit("700000", title=HOSTILE)
    await drive.act(LEAD, "fail_pre_review", reason=HOSTILE)
    worker = Desk(worker_database)
    async with worker() as uow:
        await uow.enter("320723")
        await checkpoint(uow, configured, Signer(configured.signing_key))
        await verified(uow)
        await uow.commit()
    return drive.project


def shot(page, name):
    """At both widths, and nothing sticks out of the narrow one."""
    SHOTS.mkdir(exist_ok=True)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
    page.set_viewport_size({"width": 1280, "height": 900})


def downloaded(page, link) -> bytes:
    with page.expect_download() as waiting:
        link.click()
    return Path(waiting.value.path()).read_bytes()


def test_a_proof_is_taken_from_the_timeline_and_holds(project, site, browser, staff, tmp_path):
    unit = Person(browser, site, staff.account("jyj-sb"))
    page = unit.open(f"/projects/{project}")
    entry = page.locator("#history li").first
    entry.locator("details summary").click()
    expect(entry).to_contain_text("规则版本 320723@")
    shot(page, "timeline")
    made = downloaded(page, entry.get_by_role("link", name="下载证明"))
    (tmp_path / "proof.zip").write_bytes(made)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        (tmp_path / "verify.py").write_bytes(archive.read("verify.py"))
        assert len([name for name in archive.namelist() if name.startswith("records/")]) > 3
        assert '"paper":' in archive.read("manifest.json").decode()
    asked = (sys.executable, "-I", tmp_path / "verify.py", tmp_path / "proof.zip")
    done = subprocess.run(asked, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()
    assert unit.said == []


def test_the_auditor_searches_exports_and_verifies(project, site, browser, staff):
    auditor = Person(browser, site, staff.account("sjgl"))
    page = auditor.open("/audit")
    expect(page.locator(".audit-table tbody tr").first).to_be_visible()
    shot(page, "audit")
    page.fill("#who", "县数据局")
    page.fill("#action", "预审")
    page.get_by_role("button", name="查询").click()
    rows = page.locator(".audit-table tbody tr")
    expect(rows.first).to_contain_text("县数据局")
    assert page.input_value("#who") == "县数据局"
    number = rows.first.locator("a").first.inner_text()
    book = load_workbook(io.BytesIO(downloaded(page, page.get_by_role("link", name=".xlsx"))))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert any(HOSTILE in str(cell.value) for cell in cells)
    assert downloaded(page, page.get_by_role("link", name=".jsonl")).decode().count("\n") >= 1
    page.fill("#who", "")
    page.fill("#action", "")
    page.fill("#project", number)
    page.get_by_role("button", name="查询").click()
    expect(rows.first).to_contain_text(number)
    page.fill("#project", "")
    page.fill("#action", "导出审计记录")
    page.get_by_role("button", name="查询").click()
    expect(rows.first).to_contain_text("导出审计记录")
    assert rows.count() >= 2
    page.fill("#action", "")
    page.fill("#project", "没有这个")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".remark")).to_contain_text("没有这个编号")
    page = auditor.open("/audit/ledger")
    expect(page.locator("body")).to_contain_text("完好")
    shot(page, "ledger")
    page.get_by_role("button", name="立即核验").click()
    expect(page.get_by_role("status")).to_contain_text("已开始核验")
    assert auditor.said == []


def test_older_records_are_paged_and_the_filter_is_kept(project, site, browser, staff):
    auditor = Person(browser, site, staff.account("sjgl"))
    auditor.open("/audit")
    for number in range(60):  # each search is a record
        auditor.page.request.get(f"{site.base}/audit?who={number}")
    page = auditor.open("/audit?who=审计")
    rows = page.locator(".audit-table tbody tr")
    expect(rows).to_have_count(50)
    newest = rows.first.locator("time + div").inner_text()
    page.get_by_role("link", name="更早的记录").click()
    assert page.input_value("#who") == "审计"
    assert rows.first.locator("time + div").inner_text() != newest
    page.get_by_role("link", name="回到最新").click()
    assert page.input_value("#who") == "审计"


def test_the_level_above_sees_what_it_has_received(site, browser, staff, project):
    auditor = Person(browser, site, staff.account("sjgl", "320700"))
    page = auditor.open("/audit/ledger")
    expect(page.locator("#below")).to_be_visible()
    expect(page.locator("body")).to_contain_text("灌云")
    shot(page, "ledger-above")
