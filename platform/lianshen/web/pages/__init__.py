"""Pages for people."""

from lianshen.web.pages import (
    audit,
    calendar,
    contacts,
    deadlines,
    desk,
    home,
    law,
    operations,
    projects,
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
    *deadlines.HANDLERS,
    *law.HANDLERS,
    *contacts.HANDLERS,
    *systems.HANDLERS,
    *rights.HANDLERS,
    *staff.HANDLERS,
    *staff_lists.HANDLERS,
    *audit.HANDLERS,
    *operations.HANDLERS,
    *calendar.HANDLERS,
)
