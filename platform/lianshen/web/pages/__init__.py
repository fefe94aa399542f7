"""Pages for people."""

from lianshen.web.pages import audit, desk, home, law, projects, work

HANDLERS = (*home.HANDLERS, *work.HANDLERS, *projects.HANDLERS, *desk.HANDLERS, *law.HANDLERS, *audit.HANDLERS)
