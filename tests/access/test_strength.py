"""What using a permission asks beside holding it may grow and never shrinks unseen (D104, D111)."""

import pytest

from lianshen.access.strength import load_strength
from lianshen.kernel.settings import Settings
from lianshen.wiring import PERMISSIONS

FLOOR = {
    "projects.receive": "factor",
    "reviews.convene": "factor",
    "identity.unmask": "factor step_up",
    "reviews.pre_review": "factor step_up",
    "reviews.recheck": "factor step_up",
    "reviews.give_opinion": "factor step_up",
    "projects.review_estimate": "factor step_up",
    "projects.approve": "factor step_up",
    "projects.exempt": "factor step_up",
    "projects.consent": "factor step_up",
    "projects.plan": "factor step_up",
    "projects.fund": "factor step_up",
    "projects.supervise": "factor step_up",
    "projects.accept": "factor step_up",
    "projects.evaluate": "factor step_up",
    "rules.manage": "factor",
    "rules.approve": "factor step_up",
    "staff.read": "factor admin",
    "staff.create": "factor admin",
    "staff.empower": "factor step_up admin",
    "staff.propose": "factor step_up admin",
    "staff.appoint": "factor step_up admin",
    "access.read": "factor admin",
    "access.manage": "factor step_up admin",
    "systems.manage": "factor step_up admin",
    "audit.search": "factor admin",
    "audit.export": "factor step_up admin",
    "audit.verify": "factor admin",
    "operations.read": "factor admin",
    "operations.order": "factor step_up admin",
    "operations.approve": "factor step_up admin",
    "calendars.decide": "factor step_up",
    "calendars.load": "factor",
    "calendars.publish": "factor step_up",
    "channels.manage": "factor step_up admin",
    "channels.write": "factor",
    "deadlines.extend": "factor step_up",
    "deadlines.waive": "factor step_up",
    "duties.read": "factor admin",
    "duties.resolve": "factor step_up admin",
    "operations.visit": "factor step_up admin",
    "providers.manage": "factor step_up admin",
    "visits.answer": "factor step_up admin",
    "visits.end": "factor admin",
    "visits.read": "factor admin",
}
"""What each asked once it was released: to ask less is a decision, which changes this list as well."""
STRENGTH = load_strength(Settings().policies_dir, PERMISSIONS, minutes=15)


@pytest.mark.demand("D104", "D111")
@pytest.mark.parametrize("permission", FLOOR)
def test_a_permission_asks_no_less_than_it_did(permission):
    asked = {word for word in ("factor", "step_up", "admin") if permission in getattr(STRENGTH, word)}
    assert set(FLOOR[permission].split()) <= asked


@pytest.mark.demand("D104", "D111")
def test_whatever_asks_for_something_has_its_floor():
    """Else a new permission's strength could be taken away again, and nothing would notice."""
    assert set().union(STRENGTH.factor, STRENGTH.step_up, STRENGTH.admin) == set(FLOOR)
