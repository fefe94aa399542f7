"""An export that leaves rows out says so where it is read (D163)."""

import io
import json

import pytest
from openpyxl import load_workbook

from lianshen.web.pages import audit
from tests.web.conftest import app, browser

__all__ = ["app"]


@pytest.fixture
async def auditor(app, staff):
    signed_in = await staff.sign_in(staff.find("县数据局", "audit_admin"))
    async with browser(app, cookies={"lianshen": signed_in.token}) as client:
        for word in "甲乙丙":
            await client.get(f"/audit?who={word}")
        yield client


async def test_what_is_left_out_is_said_in_the_file_and_on_the_page(auditor, monkeypatch):
    monkeypatch.setattr(audit, "_MOST", 2)
    assert "一次最多 2 笔" in (await auditor.get("/audit")).text
    lines = (await auditor.get("/audit/export?kind=jsonl")).text.splitlines()
    said = json.loads(lines[0])["incomplete"]
    assert "只含最新的 2 笔" in said
    assert len(lines) == 3
    assert str(json.loads(lines[-1])["seq"]) in said
    book = load_workbook(io.BytesIO((await auditor.get("/audit/export?kind=xlsx")).content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert "只含最新的 2 笔" in rows[1][0]
    assert len(rows) == 4


async def test_a_whole_export_says_nothing_of_the_kind(auditor):
    lines = (await auditor.get("/audit/export?kind=jsonl&action=read.search")).text.splitlines()
    assert all("incomplete" not in json.loads(line) for line in lines)
    assert len(lines) >= 3
