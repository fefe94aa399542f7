"""One deadline extended, then released, over the API and on the page; each is an event with its article (D67)."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from tests.walk.driver import LEAD, UNIT, Driver

LATE, LATER = "2098-01-30", "2098-02-27"
EVENTS = text("""
    SELECT action, article, note, result FROM event WHERE project = :project AND action LIKE 'deadlines.%' ORDER BY seq
""")
OWED = text("SELECT id, owed_by, state FROM deadline WHERE project = :project AND clock = 'opinions' ORDER BY 2")


@pytest.fixture
async def review(work, staff, law, configured):
    """A project of Guanyun in joint review, whose opinions are due in another age."""
    drive = Driver(work, staff, law, configured.files_dir)
    drive.at(datetime.now(UTC).date().isoformat())
    await drive.to_joint_review(LATE, "500000.00")
    return drive.project


@pytest.fixture
def rows(superuser):
    async def asked(statement, **values):
        await superuser.commit()
        return [tuple(row) for row in await superuser.execute(statement, values)]

    return asked


async def test_it_is_extended_for_a_reason_and_then_released(review, program, rows):
    (one, *_), (last, *_) = (await rows(OWED, project=review))[0], (await rows(OWED, project=review))[-1]
    async with await program(*LEAD) as lead, await program(*UNIT) as unit:
        path = f"/api/v1/projects/{review}/deadlines/{one}"
        assert (await unit.post(f"{path}/extension", json={"until": LATER, "reason": "案情复杂"})).status_code == 403
        for wrong, field in (({"until": LATER, "reason": " "}, "reason"), ({"until": "soon", "reason": "x"}, "until")):
            refused = await lead.post(f"{path}/extension", json=wrong)
            assert refused.status_code in (400, 422), refused.text
            assert field in refused.text
        back = await lead.post(f"{path}/extension", json={"until": "2098-01-02", "reason": "提前"})
        assert back.status_code in (409, 422), back.text
        assert await rows(EVENTS, project=review) == []
        done = await lead.post(f"{path}/extension", json={"until": LATER, "reason": "案情复杂"})
        assert done.status_code == 200, done.text
        told = (await lead.get(f"/api/v1/projects/{review}/deadlines")).json()
        (mine,) = [term for term in told if term["deadline"]["id"] == str(one)]
        assert mine["deadline"]["due_on"] == LATER
        assert {entry["kind"] for entry in mine["entries"]} == {"started", "extended"}
        freed = await lead.post(f"/api/v1/projects/{review}/deadlines/{last}/waiver", json={"reason": "无需征求"})
        assert freed.status_code == 200, freed.text
    states = {id_: state for id_, _, state in await rows(OWED, project=review)}
    assert states[last] == "waived"
    (extended, waived) = await rows(EVENTS, project=review)
    assert (extended[0], extended[3], waived[0], waived[3]) == ("deadlines.extend", "done", "deadlines.waive", "done")
    assert extended[1] == waived[1] != ""
    assert "案情复杂" in extended[2]
    assert "无需征求" in waived[2]


async def test_the_page_keeps_what_was_typed_and_carries_it_out(review, app, staff, rows):
    from tests.operations.test_page import Hand

    (one, *_) = (await rows(OWED, project=review))[0]
    hand = Hand(app, await staff.sign_in(staff.find(*LEAD)))
    path = f"/projects/{review}/deadlines/{one}"
    refused = await hand.post(f"{path}/extension", until="", reason="各单位意见不一")
    assert refused.status_code in (400, 422)
    assert "各单位意见不一" in refused.text
    assert (await hand.post(f"{path}/extension", until=LATER, reason="各单位意见不一")).status_code == 303
    assert (await hand.post(f"{path}/waiver", reason="已现场会商")).status_code == 303
    assert [event[0] for event in await rows(EVENTS, project=review)] == ["deadlines.extend", "deadlines.waive"]
