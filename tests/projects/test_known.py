"""Facts that a project does not own: those of its unit, and those of another project that it names by its number."""

from pathlib import Path

import pytest
from sqlalchemy import text

from lianshen.kernel.errors import Closed, Invalid
from lianshen.projects.queries import inbox
from lianshen.rules.queries import Law, load_law
from tests.walk.driver import LEAD, Driver, reasons

MINIMAL = Path(__file__).parents[1] / "rules" / "minimal.yaml"
UNIT = ("县住房和城乡建设局", "applicant")
"""Its projects are those of these tests alone."""
TENANTS = Path(__file__).parents[2] / "tenants"
MORE = """
clauses:
  X-1: {article: 第十条, quotation: 弄虚作假的，暂停该单位申报}
  X-2: {article: 第十一条, quotation: 运维费不超过所运维项目批复金额的10%}
parameters:
  operations_share: {value: 10, unit: percent, text: 10%, clause: X-2}
facts:
  unit_barred: {type: bool, label: 暂停申报, neutral: false, subject: unit}
  main_project: {type: text, label: 所运维项目编号, neutral: ""}
  main_amount: {type: money, label: 所运维项目批复金额, neutral: 900000000000000}
block_names:
  barred: 本单位已暂停申报
  operations_too_dear: 运维费超过所运维项目批复金额的规定比例
links:
  main_project: {facts: {main_amount: approved_amount}, clause: X-2}
blocks:
  - {block: barred, when: unit_barred, closes: [submit], strength: absolute, remedy: 请待解除后申报。, clause: X-1}
  - block: operations_too_dear
    when: main_project != "" && project_budget * 100 > main_amount * operations_share
    closes: [submit]
    strength: absolute
    remedy: 请压减运维费。
    clause: X-2
actions:
  - action: bar
    label: 暂停该单位申报
    tone: danger
    permission: projects.supervise
    by: [county_data_bureau]
    when: submitted && !unit_barred
    sets: {unit_barred: true}
    clause: X-1
  - action: release
    label: 解除暂停
    tone: neutral
    permission: projects.supervise
    by: [county_data_bureau]
    when: submitted && unit_barred
    clears: [unit_barred]
    task: 解除暂停
    clause: X-1
  - action: fix_amount
    label: 登记批复金额
    tone: neutral
    permission: projects.receive
    by: [county_data_bureau]
    when: submitted
    form: [{fact: approved_amount}]
    clause: X-2
intake:
  - section: 名称
    fields: [{fact: title}, {fact: main_project, required: false}]
"""


@pytest.fixture
def invented(tmp_path: Path) -> Law:
    """The law of Guanyun, and after it, from 1 March 2026, an invented one."""
    county = tmp_path / "law" / "320723-guanyun"
    home = county / "pack-2026-03-01"
    home.mkdir(parents=True)
    (county / "pack-2025-09-06").symlink_to(TENANTS / "320723-guanyun" / "pack-2025-09-06")
    sound = MINIMAL.read_text(encoding="utf-8").replace('from: "2025-01-01"', 'from: "2026-03-01"')
    (home / "law.yaml").write_text(sound, encoding="utf-8")
    (home / "more.yaml").write_text(MORE, encoding="utf-8")
    return load_law(tmp_path / "law", TENANTS)


def driver(work, staff, law: Law, files: Path) -> Driver:
    one = Driver(work, staff, law, files, UNIT)
    one.at("2026-03-02")
    return one


async def test_what_is_found_of_a_unit_holds_for_all_its_projects(work, staff, invented, tmp_path):
    found, other = (driver(work, staff, invented, tmp_path) for _ in range(2))
    await found.declare("100")
    await found.act(UNIT, "submit")
    await other.declare("200")
    assert "submit" in await other.open_actions(UNIT)
    await found.act(LEAD, "bar")
    assert reasons(await other.desk(UNIT), "submit") == {"barred"}
    with pytest.raises(Closed):
        await other.act(UNIT, "submit")
    await found.act(LEAD, "release")
    await other.act(UNIT, "submit")


async def test_inboxes_of_the_units_other_projects_follow(work, staff, invented, tmp_path):
    found, other = (driver(work, staff, invented, tmp_path) for _ in range(2))
    for one in (found, other):
        await one.declare("100")
        await one.act(UNIT, "submit")
    assert await tasks(work, invented, found) == []
    await found.act(LEAD, "bar")
    assert {found.project, other.project} <= set(await tasks(work, invented, found))
    await other.act(LEAD, "release")
    assert await tasks(work, invented, found) == []


async def tasks(work, law: Law, one: Driver) -> list[object]:
    actor = await one.actor(LEAD)
    async with work(read_only=True) as uow:
        await uow.enter(actor.tenant)
        return [task.project for task in await inbox(uow, actor, law.calendar) if task.label == "解除暂停"]


async def test_what_is_known_of_a_unit_is_kept_beside_its_projects_and_stands_in_the_record(
    work, staff, invented, tmp_path
):
    one = driver(work, staff, invented, tmp_path)
    await one.declare("100")
    await one.act(UNIT, "submit")
    await one.act(LEAD, "bar")
    actor = await one.actor(LEAD)
    async with work(read_only=True) as uow:
        await uow.enter(actor.tenant)
        own = await uow.execute(text("SELECT facts FROM project WHERE id = :id"), {"id": one.project})
        units = await uow.execute(text("SELECT facts FROM standing"))
    assert "unit_barred" not in own.scalar_one()
    assert units.scalar_one() == {"unit_barred": True}
    last = (await one.desk(LEAD)).project.history[-1]
    assert last.facts == {"unit_barred": (None, True)}
    await one.act(LEAD, "release")


async def test_a_denominator_may_be_the_amount_of_another_project(work, staff, invented, tmp_path):
    main = driver(work, staff, invented, tmp_path)
    await main.declare("900")
    await main.act(UNIT, "submit")
    await main.act(LEAD, "fix_amount", approved_amount="1000.00")
    number = (await main.desk(UNIT)).project.number
    dear, fair = (driver(work, staff, invented, tmp_path) for _ in range(2))
    await dear.declare("100.01", main_project=number)
    await fair.declare("100.00", main_project=number)
    assert reasons(await dear.desk(UNIT), "submit") == {"operations_too_dear"}
    await fair.act(UNIT, "submit")
    await main.act(LEAD, "fix_amount", approved_amount="999.99")
    assert "operations_too_dear" in {block.code for block in (await dear.desk(UNIT)).assessment.blocks}
    await main.act(LEAD, "fix_amount", approved_amount="1000.10")
    await dear.act(UNIT, "submit")


async def test_a_project_that_is_not_there_cannot_be_named(work, staff, invented, tmp_path):
    with pytest.raises(Invalid) as refused:
        await driver(work, staff, invented, tmp_path).declare("100", main_project="320723-2026-9999")
    assert [(item.field, item.message) for item in refused.value.items] == [
        ("main_project", "没有这个编号的项目，请核对项目编号。")
    ]
