"""Refusals of the business, each with its own status and code; the edge turns them into problem details (RFC 9457).

A refusal says what is wrong and what to do, in Chinese, from ``messages``. 500 means our bug and nothing else.
"""

from typing import ClassVar

import msgspec

from lianshen.kernel.messages import text


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason within a refusal. ``field`` names the form field it belongs to, ``article`` the clause it rests on."""

    code: str
    message: str
    field: str | None = None
    remedy: str | None = None
    article: str | None = None
    quotation: str | None = None


class Refusal(Exception):
    """Base of all expected refusals. ``items`` lists every reason at once, so that one answer tells everything."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"

    def __init__(self, items: tuple[Item, ...] = (), **values: object) -> None:
        self.items = items
        self.title = text(f"{self.code}.title")
        self.detail = text(f"{self.code}.detail", **values)
        super().__init__(self.detail)


class NotFound(Refusal):
    """No such thing here, or it is another tenant's, or it is not yours to see: one answer for all three (D22)."""

    status = 404
    code = "not_found"


class NotSignedIn(Refusal):
    status = 401
    code = "not_signed_in"


class Forbidden(Refusal):
    """The post held now does not carry this right."""

    status = 403
    code = "forbidden"


class Invalid(Refusal):
    """What was typed or sent does not fit; every item names its field."""

    status = 422
    code = "invalid"


class Malformed(Refusal):
    """The request cannot be read at all: broken JSON, a broken form, a broken address."""

    status = 400
    code = "malformed"


class Conflict(Refusal):
    """Someone else changed the thing meanwhile (D52)."""

    status = 409
    code = "conflict"


class Closed(Refusal):
    """The law's gate for this act is not open; every missing thing is an item with its article."""

    status = 409
    code = "closed"


class TenantSuspended(Refusal):
    """The jurisdiction's use of the platform is suspended: nobody of it signs in or acts."""

    status = 403
    code = "tenant_suspended"


class TenantClosed(Refusal):
    """Others have taken the jurisdiction's place; what it holds is read and no longer changed."""

    status = 409
    code = "tenant_closed"


class Altered(Refusal):
    """A guarded row was changed past our commands: nothing may rest on it until an operator has seen to it (D142)."""

    status = 403
    code = "altered"


class TooLarge(Refusal):
    status = 413
    code = "too_large"


class WrongType(Refusal):
    status = 415
    code = "wrong_type"


class OutcomeUnknown(Refusal):
    """The connection broke while COMMIT was under way: it may have been done; the key of the request tells (D47)."""

    status = 503
    code = "outcome_unknown"


class Busy(Refusal):
    """No connection free or the database is restarting: nothing was done, try again (D92, D93)."""

    status = 503
    code = "busy"
