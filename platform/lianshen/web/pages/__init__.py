"""Pages for people."""

from lianshen.web.pages import desk, home, law, projects, work

HANDLERS = (*home.HANDLERS, *work.HANDLERS, *projects.HANDLERS, *desk.HANDLERS, *law.HANDLERS)
