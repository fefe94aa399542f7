"""One request as handlers see it."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict

from lianshen.access.queries import may
from lianshen.identity.types import Actor, Terms
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import NotSignedIn
from lianshen.kernel.settings import Settings
from lianshen.rules.queries import Law
from lianshen.versions import permissions
from lianshen.versions.commands import ends_in_words
from lianshen.versions.queries import law_ends
from lianshen.web._body import Body
from lianshen.web._limits import Limits
from lianshen.web._live import Live
from lianshen.web._pages import Pages

_STARTS = (("operations.read", "/operations"), ("staff.read", "/staff"), ("projects.read", "/inbox"))


class Fitness:
    """Whether this process may serve; ``lost`` once its database role was found to have power."""

    lost = False


class Services(msgspec.Struct, frozen=True):
    """What one process holds for all its requests."""

    settings: Settings
    database: Database
    law: Law
    pages: Pages
    limits: Limits
    terms: Terms
    live: Live
    fitness: Fitness = msgspec.field(default_factory=Fitness)


class Claim(msgspec.Struct, frozen=True):
    """An idempotency key claimed by this request, and the digest of what was sent with it."""

    key: str
    digest: str


class Call:
    """Who asks, when, and the transaction in which the request is worked.

    ``visitor`` is whoever signed in, if anybody; ``token`` is the credential that said so. ``keep`` commits even
    though the answer is a refusal: a failed sign-in has to be counted. ``claim`` is the idempotency key under which
    the edge has to remember the answer. ``body`` is what the request sends, as far as it has arrived. ``source`` is
    the caller's address, as far as it can be believed (D113).

    ``asked`` is the permission by which an act was let through; before COMMIT it is asked for once more (D40).
    ``operator`` is who the visitor is at home, while they look into a tenant by its leave. ``not_before`` holds an
    answer back until that moment of the monotonic clock, with nothing of the database held.

    ``entrant`` is whoever is still signing in: to all but the pages of the sign-in that is nobody. ``form`` is what was
    sent, kept for a page that asks something before it goes on; ``renewed`` is a secret that took the place of
    ``token`` before the act itself, whatever becomes of the act. ``passive`` is what a page asks by itself: it keeps no
    session from idling out. ``kinds`` of second factors are known where a page asks for one.
    """

    def __init__(self, services: Services, uow: UnitOfWork, source: str = "", path: str = "") -> None:
        self.services = services
        self.uow = uow
        self.source = source
        self.path = path
        """Of the page that is asked for."""
        self.visitor: Actor | None = None
        self.entrant: Actor | None = None
        self.operator: Actor | None = None
        self.token: str | None = None
        self.renewed: str | None = None
        self.form: FormMultiDict | None = None
        self.kinds: frozenset[str] = frozenset()
        self.keep = False
        self.passive = False
        self.claim: Claim | None = None
        self.asked: str | None = None
        self.not_before = 0.0
        self.body: Body | None = None
        self.law = services.law
        """Under the calendar of the visitor's jurisdiction, once it is known who asks."""

    @property
    def entering(self) -> Actor:
        """The person still signing in. Raises NotSignedIn."""
        if self.entrant is None:
            raise NotSignedIn
        return self.entrant

    @property
    def terms(self) -> Terms:
        return self.services.terms

    @property
    def actor(self) -> Actor:
        """The person signed in. Raises NotSignedIn."""
        if self.visitor is None:
            raise NotSignedIn
        return self.visitor

    @property
    def now(self) -> datetime:
        """The instant (UTC) at which the request arrived; read once."""
        return self.uow.now

    @property
    def today(self) -> date:
        """The legal day (Asia/Shanghai) of ``now``."""
        return day_of(self.uow.now)

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def files(self) -> Path:
        return self.services.settings.files_dir

    @property
    def law_ends(self) -> str | None:
        """That the law of the visitor's jurisdiction ends soon or has ended, for those who look after it."""
        if self.visitor is None or not may(self.visitor, permissions.READ):
            return None
        found = law_ends(self.law, self.visitor.tenant, self.today, max(self.settings.law_warning_days))
        return ends_in_words(found) if found else None

    @property
    def start(self) -> str:
        """The page on which the visitor begins, by what their post is for."""
        return "/" if self.visitor is None else start_of(self.visitor)

    def may(self, permission: str) -> bool:
        """True when the visitor's post carries ``permission``; for showing a link, never for deciding an act."""
        return self.visitor is not None and may(self.visitor, permission)


def start_of(actor: Actor) -> str:
    """The page on which ``actor`` begins, by what the post is for."""
    if actor.visiting is not None:
        return "/projects"
    return next((page for permission, page in _STARTS if may(actor, permission)), "/account")


def call_of(scope: Mapping[str, Any]) -> Call:
    """The call that the edge put into this ASGI scope."""
    call = scope["state"]["call"]
    assert isinstance(call, Call)
    return call
