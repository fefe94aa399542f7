"""Pages for people."""

from lianshen.web.pages import desk, home, law, projects, rights, work

HANDLERS = (*home.HANDLERS, *work.HANDLERS, *projects.HANDLERS, *desk.HANDLERS, *law.HANDLERS, *rights.HANDLERS)
