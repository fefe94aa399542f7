"""An act belongs to those who hold its permission, also within the office that the law names (D35)."""

import pytest

from lianshen.access.queries import may
from lianshen.kernel.errors import Forbidden
from tests.walk.driver import LEAD, Driver

READ, ACT = "projects.read", "pass_pre_review"


@pytest.mark.demand("D35")
async def test_a_colleague_who_reads_the_project_does_not_act_on_it(work, staff, law, configured):
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at("2026-03-02")
    await drive.submit("700000")
    assert ACT in await drive.open_actions(LEAD)
    permission = law.registry.pack("320723@2025-09-06").actions[ACT].rule.permission
    office = LEAD[0]
    colleagues = {one.role for one in staff.accounts if (one.tenant, one.office) == ("320723", office)} - {LEAD[1]}
    readers = [role for role in sorted(colleagues) if may(await drive.actor((office, role)), READ)]
    assert len(readers) > 1
    for role in readers:
        assert not may(await drive.actor((office, role)), permission)
        assert ACT not in await drive.open_actions((office, role))
        with pytest.raises(Forbidden):
            await drive.act((office, role), ACT)
    assert [one.action for one in (await drive.desk(LEAD)).project.history].count(f"projects.{ACT}") == 0
    await drive.act(LEAD, ACT)
