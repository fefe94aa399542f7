"""Lists of people: values only, a remark beside each row, each row once however often the file comes (D156, D159)."""

import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from lianshen.kernel.errors import Invalid
from lianshen.staff import _spreadsheet, commands, queries
from lianshen.staff._importing import template
from lianshen.staff._spreadsheet import COLUMNS, Unreadable

HEAD = list(COLUMNS.values())


def book(*rows) -> bytes:
    made = Workbook()
    made.active.append(HEAD)
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def added(body: bytes, name: str, said: bytes = b"x") -> bytes:
    """A workbook with one more part."""
    out = io.BytesIO(body)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, said)
    return out.getvalue()


@pytest.fixture
def login(tmp_path):
    return f"dr{id(tmp_path) % 999983}"


async def test_a_list_is_looked_at_first_and_nobody_is_entered(bureau, login):
    before = await bureau.sql("SELECT count(*) FROM person")
    rows = [
        ("赵一", f"{login}-1", "jyj", "项目单位申报岗", "2026-03-01", None),
        ("钱二", f"{login}-2", "nowhere", "", None, None),
        ("孙三", "1", "jyj", "皇帝；财政概算审核、资金岗", None, None),
        ("李四", f"{login}-1", "jyj", "", None, None),
        ("周五", "xtgl", "jyj", "", None, None),
        ("吴六", f"{login}-6", "jyj", "", "2026-03-05", "2026-03-01"),
        ("郑七", f"{login}-7", "jyj", "系统管理员", None, None),
        ("", f"{login}-8", "jyj", "", "昨天", None),
        (None, None, None, None, None, None),
        ('=HYPERLINK("http://x","王")', f"{login}-9", "jyj", "", None, None),
    ]
    found = await bureau.by("xtgl", commands.bring, "名单.xlsx", book(*rows))
    said = {row.row: row.remark for row in found.rows}
    assert said[2] == ""
    assert "没有机构代码“nowhere”" in said[3]
    assert "账号应以英文字母开头" in said[4]
    assert "：皇帝。" in said[4]
    assert "重复" in said[5]
    assert "不重复使用" in said[6]
    assert "截止日期" in said[7]
    assert "系统管理员" in said[8]
    assert "姓名" in said[9]
    assert "请填写日期" in said[9]
    assert "公式" in said[11]
    assert 10 not in said
    assert [row.state for row in found.rows].count("ready") == 1
    assert await bureau.sql("SELECT count(*) FROM person") == before


async def test_each_row_is_entered_once_and_empowered_by_another(bureau, login):
    rows = [(f"人{n}", f"{login}-{n}", "jyj", "项目单位申报岗" if n % 2 else "", None, None) for n in range(5)]
    body = book(*rows)
    digest = (await bureau.by("xtgl", commands.bring, "名单.xlsx", body)).digest
    assert await bureau.by("xtgl", commands.enter_rows, digest, limit=2) == 3
    again = await bureau.by("xtgl", commands.bring, "名单.xlsx", body)
    assert [row.state for row in again.rows] == ["created"] * 2 + ["ready"] * 3
    assert await bureau.by("xtgl", commands.enter_rows, digest, limit=100) == 0
    assert await bureau.by("xtgl", commands.enter_rows, digest, limit=100) == 0
    found = await bureau.by("sjgl", queries.people, words=login)
    assert [(one.state, one.posts[0].roles) for one in found] == [("created", ())] * 5
    secrets, left = await bureau.by("aqgl", commands.empower_rows, digest, limit=3)
    assert (len(secrets), left) == (3, 2)
    rest, left = await bureau.by("aqgl", commands.empower_rows, digest, limit=3)
    assert (len(rest), left) == (2, 0)
    assert await bureau.by("aqgl", commands.empower_rows, digest, limit=3) == ([], 0)
    found = await bureau.by("sjgl", queries.people, words=login)
    assert {one.state for one in found} == {"enabled"}
    assert [one.posts[0].roles for one in found] == [(), ("applicant",), (), ("applicant",), ()]
    done = await bureau.by("xtgl", queries.brought, digest)
    assert [row.state for row in done.rows] == ["enabled"] * 5


async def test_what_happened_meanwhile_is_said_beside_the_row(bureau, login):
    digest = (await bureau.by("xtgl", commands.bring, "a.csv", f"姓名,账号,机构代码\n甲,{login},jyj\n".encode())).digest
    await bureau.by("xtgl", commands.create_person, await bureau.office("jyj"), login, "甲", bureau.work.now.date())
    await bureau.by("xtgl", commands.enter_rows, digest, limit=9)
    (row,) = (await bureau.by("xtgl", queries.brought, digest)).rows
    assert (row.state, row.remark[:4]) == ("wrong", "该账号已")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_as_it_is_written_here(encoding):
    ((row, cells, computed),) = _spreadsheet.read("a.csv", "姓名,账号,机构代码\n张三,zs,jyj\n".encode(encoding))
    assert (row, cells["name"], cells["office"], computed) == (2, "张三", "jyj", False)


@pytest.mark.demand("D159")
@pytest.mark.parametrize(
    ("filename", "body", "said"),
    [
        ("a.xlsm", added(book(), "xl/vbaProject.bin"), "宏"),
        ("a.xlsx", added(book(), "xl/externalLinks/externalLink1.xml"), "外部链接"),
        ("a.xlsx", added(book(), "xl/x.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'), "可以执行"),
        ("a.xlsx", b"PK\x03\x04 not a book", "损坏"),
        ("a.xlsx", added(book(), "xl/bomb.xml", b" " * 35_000_000), "过大"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "xls"),
        ("a.csv", b"", "没有内容"),
        ("a.csv", "姓名,账号\n".encode(), "机构代码"),
        ("a.csv", b"\xff\xff\xff", "损坏"),
    ],
)
def test_what_is_no_plain_list_is_refused(filename, body, said):
    with pytest.raises(Unreadable, match=said):
        _spreadsheet.read(filename, body)


@pytest.mark.demand("D159")
def test_a_formula_is_neither_computed_nor_written(tmp_path):
    ((_, cells, computed),) = _spreadsheet.read("a.xlsx", book(("=1+1", "zs", "jyj")))
    assert (cells["name"], computed) == ("=1+1", True)
    sheet = load_workbook(io.BytesIO(_spreadsheet.write("表", ["列"], [["=1+1"], ["@x"]]))).worksheets[0]
    assert [cell.value for (cell,) in sheet.iter_rows(min_row=2)] == ["'=1+1", "'@x"]


async def test_the_template_is_what_is_read(bureau):
    made = load_workbook(io.BytesIO(await bureau.by("xtgl", template)))
    assert [cell.value for cell in made.worksheets[0][1]] == HEAD
    hints = " ".join(str(cell.value) for (cell,) in made.worksheets[1].iter_rows())
    assert "jyj" in hints
    assert "项目单位申报岗" in hints
    assert "系统管理员" not in hints


async def test_an_office_is_entered_once(bureau):
    code = f"bj{id(bureau) % 99991}"
    await bureau.by("xtgl", commands.create_office, code, "县档案局", "project_unit")
    for wrong in ((code, "县档案局", "project_unit"), ("X", "县档案局", "project_unit"), ("abc", "", "project_unit")):
        with pytest.raises(Invalid):
            await bureau.by("xtgl", commands.create_office, *wrong)


async def test_telephone_and_address_come_along_sealed_and_stay_in_no_list(bureau, login):
    """The list keeps them sealed until the person is entered, and nothing of them afterwards (D141)."""
    phone, email = "+86 138-0000-7788", "zhao@example.gov.cn"
    rows = [
        ("赵一", f"{login}-1", "jyj", "", None, None, phone, email),
        ("钱二", f"{login}-2", "jyj", "", None, None, "12", "nobody"),
    ]
    found = await bureau.by("xtgl", commands.bring, "名单.xlsx", book(*rows))
    said = {row.row: row.remark for row in found.rows}
    assert said[2] == ""
    assert "手机号" in said[3]
    assert "电子邮箱" in said[3]
    kept = str(await bureau.sql("SELECT row_to_json(r)::text FROM staff_import_row r"))
    assert "138-0000-7788" not in kept
    assert phone.translate({ord(one): None for one in "+- "}) not in kept
    assert email not in kept
    await bureau.by("xtgl", commands.enter_rows, found.digest, limit=10)
    assert await bureau.sql(
        "SELECT count(*) FROM staff_import_row WHERE state = 'created' AND contact IS NOT NULL"
    ) == [(0,)]
    ((who,),) = await bureau.sql(f"SELECT id FROM person WHERE login = '{login}-1'")
    shown = await bureau.by("xtgl", queries.contact_of, who)
    assert (shown.phone, shown.email) == ("13800007788", email)
    await bureau.by("xtgl", commands.set_contacts, who, "", "new@example.gov.cn", frozenset({"phone"}))
    shown = await bureau.by("xtgl", queries.contact_of, who)
    assert (shown.phone, shown.email) == (None, "new@example.gov.cn")
    notes = str(await bureau.sql("SELECT label, note, facts::text FROM event WHERE action = 'staff.set_contacts'"))
    assert "new@example" not in notes
    with pytest.raises(Invalid):
        await bureau.by("xtgl", commands.set_contacts, who, "12", "", frozenset())
