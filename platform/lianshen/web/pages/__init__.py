"""Pages for people."""

from lianshen.web.pages import contacts, desk, home, law, operations, projects, work

HANDLERS = (
    *home.HANDLERS, *work.HANDLERS, *projects.HANDLERS, *desk.HANDLERS, *law.HANDLERS, *contacts.HANDLERS,
    *operations.HANDLERS,
)  # fmt: skip
