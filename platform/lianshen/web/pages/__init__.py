"""Pages for people."""

from lianshen.web.pages import contacts, desk, home, law, projects, systems, work

HANDLERS = (
    *home.HANDLERS,
    *work.HANDLERS,
    *projects.HANDLERS,
    *desk.HANDLERS,
    *law.HANDLERS,
    *contacts.HANDLERS,
    *systems.HANDLERS,
)
