"""The outermost layer. It begins a request's transaction and ends it before the answer leaves (D44, D45).

Everything that must hold for every answer is done here and nowhere else, because a framework's own hooks do not run for
its 404 and 500 (D166): security headers, request ids, refusals as problem details, limits on bodies, the access line.
"""

import asyncio
import time
from http import HTTPStatus

import structlog

from lianshen.access.strength import StepUpRequired
from lianshen.audit.commands import note_denial
from lianshen.identity.commands import note_seen
from lianshen.identity.queries import kinds_of
from lianshen.kernel import clock, log
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Busy, Refusal
from lianshen.systems.commands import note_used
from lianshen.web import _headers
from lianshen.web._asgi import App, Message, Receive, Scope, Send
from lianshen.web._auth import require_unchanged, session_cookie
from lianshen.web._body import Body
from lianshen.web._call import Call, Services
from lianshen.web._door import Door
from lianshen.web._problems import answer_to, headers_of
from lianshen.web._replay import Replay, remember_answer
from lianshen.wiring import jobs_for

_DENIALS = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
"""A thing that is not there and one that is not to be seen answer alike, so both are recorded."""
_LONGEST_PATH = 300


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: App, services: Services) -> None:
        self.app = app
        self.services = services
        self.door = Door(services.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = headers_of(scope)
        reference = _headers.request_id(headers.get("x-request-id"))
        with structlog.contextvars.bound_contextvars(request_id=reference):
            source = self.door.source(scope, headers)
            uow = self.unit(reference, read_only=scope["method"] in ("GET", "HEAD"), source=source)
            call = Call(self.services, uow, source, scope["path"])
            exchange = _Exchange(call, scope, receive, send)
            started = time.perf_counter()
            try:
                await exchange.run(self.app, self.door)
            finally:
                await call.uow.close()
                exchange.log(time.perf_counter() - started)
            await self._note_seen(call)

    def unit(self, reference: str, *, read_only: bool = False, source: str = "") -> UnitOfWork:
        """A transaction of this instant."""
        return UnitOfWork(
            self.services.database,
            now=clock.now(),
            jobs_for=jobs_for,
            request_id=reference,
            read_only=read_only,
            source=source,
        )

    async def _note_seen(self, call: Call) -> None:
        """Keep a session that is in use from idling out, after the answer: a GET's own transaction writes nothing."""
        holder = call.operator or call.visitor
        if holder is None or call.token is None or not holder.stale or call.passive:
            return
        try:
            async with self.unit(call.uow.request_id) as uow:
                await uow.enter(holder.tenant)
                note = note_seen if holder.only is None else note_used
                await note(uow, call.token)
                await uow.commit()
        except Exception:  # noqa: BLE001 (the request itself is answered; the next one notes it)
            log.get("web").exception("session not noted")


class _Exchange:
    """One request and its one answer. The head is held back until the first part of the body shows that it stands."""

    def __init__(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        self.call = call
        self._scope = scope
        self._headers = headers_of(scope)
        self._receive = receive
        self._send = send
        self._head: Message | None = None
        self._status = 0
        self._replaced = False
        scope.setdefault("state", {})["call"] = call
        self._method = scope["method"]
        if self._method == "HEAD":  # answered as GET is, without the body (RFC 9110, 9.3.2)
            scope["method"] = "GET"

    async def run(self, app: App, door: Door) -> None:
        call = self.call
        try:
            if call.services.fitness.lost:
                raise Busy
            door.check(self._scope, self._headers)
            await call.services.limits.count("any", source=call.source)
            call.body = Body(self._receive, self._headers, call.settings.upload_limit, lambda: call.visitor is not None)
            await call.body.arrive()
            await app(self._scope, call.body.receive, self.send)
        except Exception as error:
            if self._status:
                raise  # the answer is on its way and only the server can break it off
            await self._answer(error)

    async def send(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            self._head = message
            return
        if self._head is not None:
            head, self._head = self._head, None
            try:
                await self._settle(head, message)
            except Exception as error:  # noqa: BLE001 (whatever it was, the answer must say so)
                self._replaced = True
                await self._answer(error)
                return
            await self._begin(head)
        await self._say(message["body"], more=message.get("more_body", False))

    async def _settle(self, head: Message, message: Message) -> None:
        """End the transaction and give its connection back, so that a slow reader holds none."""
        if head["status"] < HTTPStatus.BAD_REQUEST or self.call.keep:
            if self.call.claim is not None:
                await remember_answer(self.call, head, message)
            if self.call.asked is not None:
                self.call.uow.at_commit(require_unchanged, self.call)
            await self._commit()
        await self.call.uow.close()
        if head["status"] == HTTPStatus.FORBIDDEN:
            await self._note_denial()

    async def _note_denial(self) -> None:
        """One event for each denial of somebody known, in a transaction of its own (D120, D121).

        A stranger's is in the access line only: whoever is nobody's must not make a county's ledger grow.
        """
        visitor = self.call.visitor
        if visitor is None:
            return
        what = f"{self._method} {self._scope['path'][:_LONGEST_PATH]}"
        try:
            async with self.call.uow.beside() as aside:
                await aside.enter(visitor.tenant)
                note_denial(aside, by=visitor.by, what=what)
                await aside.commit()
        except Exception:  # noqa: BLE001 (it stays a denial)
            log.get("web").exception("denial not recorded")

    async def _learn_kinds(self) -> None:
        """What the page may ask for that asks who it is once more."""
        visitor = self.call.visitor
        if visitor is None:
            return
        try:
            async with self.call.uow.beside() as aside:
                await aside.enter(visitor.tenant)
                self.call.kinds = await kinds_of(aside, visitor)
        except Exception:  # noqa: BLE001 (what is asked then does not fit, and is asked again)
            log.get("web").exception("factors not known")

    async def _commit(self) -> None:
        self.call.keep = False
        try:
            await self.call.uow.commit()
        except Refusal:
            raise
        except Exception:
            log.get("web").exception("not committed")
            raise

    async def _answer(self, error: Exception) -> None:
        """Answer with what ``error`` says; nothing of the request remains but what was to be kept."""
        try:
            if self.call.keep:
                await self._commit()
        except Exception as failure:  # noqa: BLE001 (logged where it was raised)
            error = failure
        await self.call.uow.close()
        if isinstance(error, Refusal) and error.status in _DENIALS:
            await self._note_denial()
        if isinstance(error, StepUpRequired):
            await self._learn_kinds()
        answer = error.answer if isinstance(error, Replay) else answer_to(error, self._scope, self.call)
        headers = {"content-length": str(len(answer.body)), **answer.headers}
        drained = self.call.body is not None and await self.call.body.drained()
        if not drained and self._scope["http_version"].startswith("1"):
            headers["connection"] = "close"
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._begin({"type": "http.response.start", "status": answer.status, "headers": raw})
        await self._say(answer.body)

    async def _begin(self, head: Message) -> None:
        if (wait := self.call.not_before - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        self._status = head["status"]
        secure = self.call.settings.secure_cookies
        given = list(head["headers"])
        if self.call.renewed is not None and all(name.lower() != b"set-cookie" for name, _ in given):
            cookie = session_cookie(self.call.settings, self.call.renewed)
            given.append((b"set-cookie", cookie.to_header(header="").encode()))
        headers = _headers.dressed(given, secure=secure, reference=self.call.uow.request_id)
        await self._send({"type": "http.response.start", "status": self._status, "headers": headers})

    async def _say(self, body: bytes, *, more: bool = False) -> None:
        said = b"" if self._method == "HEAD" else body
        await self._send({"type": "http.response.body", "body": said, "more_body": more})

    def log(self, seconds: float) -> None:
        """The access line: the path's template, never the path or its query, which may name people."""
        log.get("web").info(
            "request",
            method=self._method,
            path=self._scope.get("path_template") or "-",
            status=self._status,
            ms=round(seconds * 1000, 1),
            source=self.call.source,
            tenant=self.call.visitor.tenant if self.call.visitor else "",
        )
