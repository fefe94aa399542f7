"""Pages for people."""

from lianshen.web.pages import (
    audit,
    contacts,
    deadlines,
    desk,
    duties,
    home,
    law,
    operations,
    projects,
    providers,
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
    *providers.HANDLERS,
    *rights.HANDLERS,
    *staff.HANDLERS,
    *staff_lists.HANDLERS,
    *audit.HANDLERS,
    *operations.HANDLERS,
    *duties.HANDLERS,
)
