"""Every failure as one answer: problem details (RFC 9457) for programs, a page or a fragment for people."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from litestar.datastructures import Headers
from litestar.exceptions import (
    ClientException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from lianshen.access.strength import StepUpRequired
from lianshen.identity.commands import Unfinished
from lianshen.kernel import log
from lianshen.kernel.errors import (
    Busy,
    Conflict,
    Invalid,
    Item,
    Malformed,
    NotFound,
    NotSignedIn,
    OutcomeUnknown,
    Refusal,
)
from lianshen.kernel.messages import text
from lianshen.kernel.problems import Problem, problem_of
from lianshen.web._asgi import Scope
from lianshen.web._call import Call
from lianshen.web._limits import TooMany
from lianshen.web._outage import is_outage, is_unstorable
from lianshen.web._step_up import carried

MEDIA_TYPE = "application/problem+json"
_PROGRAMS = ("/api/", "/schema/", "/readyz")
_RETRY_AFTER = "2"
"""Seconds after which a busy service may be asked again."""


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"


class Changed(Conflict):
    """The same as Conflict for a caller who stated the version with If-Match (RFC 9110, 13.1.1)."""

    status = 412


class Answer(msgspec.Struct, frozen=True):
    """A whole answer, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def answer_to(error: Exception, scope: Scope, call: Call) -> Answer:
    """The answer to ``error``. An unexpected one is our bug: it is logged, and the caller learns its reference only."""
    refusal = _refusal_for(error, headers_of(scope))
    if refusal is None:
        log.get("web").error("unexpected", exc_info=error)
    problem = _problem(refusal, scope["path"], call.uow.request_id)
    if not is_api(scope):
        if isinstance(refusal, NotSignedIn | Unfinished) and "text/event-stream" in headers_of(scope).get("accept", ""):
            return Answer(204, {}, b"")  # tells a page that is still open to ask no more
        match refusal:
            case NotSignedIn():
                return _to_sign_in(scope)
            case Unfinished(items=(step, *_)):
                return Answer(303, {"location": f"/login/{step.code}"}, b"")
            case StepUpRequired() if scope["method"] in ("GET", "HEAD"):
                return Answer(303, {"location": address_of(scope, "/again")}, b"")
    headers = _headers(error, refusal, call)
    asking = _asking(scope, call) if isinstance(refusal, StepUpRequired) else None
    return Answer(problem.status, *_written(problem, scope, call, headers, asking))


def headers_of(scope: Scope) -> Headers:
    """The request's headers, found by name in any case."""
    return Headers(scope["headers"])


def is_api(scope: Scope) -> bool:
    """True for addresses that programs ask, not people."""
    return str(scope["path"]).startswith(_PROGRAMS)


def _refusal_for(error: Exception, headers: Headers) -> Refusal | None:
    """``error`` as a refusal of ours; None for what we did not expect."""
    refusal: Refusal | None = None
    match error:
        case Conflict() if "if-match" in headers:
            refusal = Changed(error.items)
        case Refusal():
            refusal = error
        case NotFoundException():
            refusal = NotFound()
        case MethodNotAllowedException():
            refusal = MethodNotAllowed()
        case ValidationException() if error.extra:
            refusal = Invalid(_items(error.extra))
        case ClientException() | RecursionError():  # msgspec gives up on JSON nested too deep
            refusal = Malformed()
        case _ if is_unstorable(error):
            refusal = Malformed()
        case _ if is_outage(error):
            refusal = Busy()
    return refusal


def _items(extra: Any) -> tuple[Item, ...]:
    """What the framework found wrong; its name for a body as a whole, ``data``, is no field."""
    named = ((entry["message"], entry.get("key")) for entry in extra)
    return tuple(Item(code="invalid", message=said, field=None if key == "data" else key) for said, key in named)


def _problem(refusal: Refusal | None, instance: str, reference: str) -> Problem:
    if refusal is None:
        return Problem(
            type="urn:lianshen:problem:internal",
            title=text("internal.title"),
            status=500,
            detail=text("internal.detail", reference=reference),
            instance=instance,
            reference=reference,
        )
    return problem_of(refusal, instance, reference)


def _headers(error: Exception, refusal: Refusal | None, call: Call) -> dict[str, str]:
    match refusal:
        case OutcomeUnknown():
            status = {"link": f'<{_status_of(call)}>; rel="status"'} if call.claim else {}
            return {"retry-after": _RETRY_AFTER} | status
        case Busy():
            return {"retry-after": _RETRY_AFTER}
        case TooMany():
            return {"retry-after": str(refusal.after)}
        case NotSignedIn() | Unfinished():
            return {"www-authenticate": 'Bearer error="invalid_token"' if call.token else "Bearer"}
        case MethodNotAllowed():
            return {"allow": (getattr(error, "headers", None) or {}).get("allow", "")}
    return {}


def _status_of(call: Call, begin: str = "/api/v1") -> str:
    """Where it stands what became of the request with this key."""
    assert call.claim is not None
    return f"{begin}/submissions?key={quote(call.claim.key, safe='')}"


def _to_sign_in(scope: Scope) -> Answer:
    """People are sent to sign in and then back to the page they wanted; an act they sent is not repeated."""
    headers = headers_of(scope)
    if "hx-request" in headers:
        wanted = urlsplit(headers.get("hx-current-url", ""))
        return Answer(401, {"hx-redirect": leading_back("/login", wanted.path, wanted.query)}, b"")
    if scope["method"] not in ("GET", "HEAD"):
        return Answer(303, {"location": "/login"}, b"")
    return Answer(303, {"location": address_of(scope, "/login")}, b"")


def address_of(scope: Scope, asking: str) -> str:
    """The page ``asking`` that leads back to what was asked for."""
    return leading_back(asking, scope["path"], scope["query_string"].decode("latin-1"))


def leading_back(asking: str, path: str, query: str = "") -> str:
    """The page ``asking`` that leads back to ``path``."""
    wanted = f"{path}?{query}" if query else path
    return asking if wanted in ("", "/") else f"{asking}?next={quote(wanted, safe='/')}"


def _came_from(scope: Scope, call: Call) -> str:
    """The page of ours that led here, else where one begins."""
    headers = headers_of(scope)
    referrer = urlsplit(headers.get("referer", ""))
    ours = referrer.netloc == headers.get("host") and not referrer.path.startswith("//")
    return referrer.path or "/" if ours else call.start


def _asking(scope: Scope, call: Call) -> dict[str, Any]:
    """The page that asks who it is once more, with all that was sent, to be sent to the same address again."""
    fields, files = carried(call.form)
    query = scope["query_string"].decode("latin-1")
    return {"action": f"{scope['path']}?{query}" if query else scope["path"], "fields": fields, "files": files}


def _written(
    problem: Problem, scope: Scope, call: Call, headers: dict[str, str], asking: dict[str, Any] | None
) -> tuple[Mapping[str, str], bytes]:
    if not is_api(scope):
        template = "_problem.html" if "hx-request" in headers_of(scope) else "error.html"
        context: dict[str, Any] = {"back": _came_from(scope, call)}
        if problem.type.endswith(":outcome_unknown") and call.claim:
            context["check"] = _status_of(call, "")
        if asking is not None and "hx-request" not in headers_of(scope):
            template, context = "again.html", asking
        try:
            page = call.services.pages.render(template, call, problem=problem, **context)
        except Exception:  # noqa: BLE001 (the last resort must not depend on a template)
            log.get("web").exception("error page failed", template=template)
        else:
            return {**headers, "content-type": "text/html; charset=utf-8"}, page.encode()
    return {**headers, "content-type": MEDIA_TYPE}, msgspec.json.encode(problem)
