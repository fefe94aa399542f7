"""Pages for people."""

from lianshen.web.pages import (
    audit,
    contacts,
    desk,
    home,
    law,
    operations,
    projects,
    receipts,
    reckoning,
    rights,
    staff,
    staff_lists,
    systems,
    work,
)  # fmt: skip

HANDLERS = (
    *home.HANDLERS,
    *work.HANDLERS,
    *projects.HANDLERS,
    *desk.HANDLERS,
    *law.HANDLERS,
    *contacts.HANDLERS,
    *systems.HANDLERS,
    *rights.HANDLERS,
    *staff.HANDLERS,
    *staff_lists.HANDLERS,
    *audit.HANDLERS,
    *receipts.HANDLERS,
    *reckoning.HANDLERS,
    *operations.HANDLERS,
)
