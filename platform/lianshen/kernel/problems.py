"""Refusals as problem details (RFC 9457): what the API answers and the command line prints."""

import re
from typing import TypeVar

import msgspec

from lianshen.kernel.errors import Invalid, Item, Malformed, Refusal

T = TypeVar("T")
_PLACE = re.compile(r"(?: - at `\$\.?(.*?)`)?$")


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """``reference`` is the request's id, for asking the operator about it; what no request asked has none."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""
    reference: str = ""
    errors: tuple[Item, ...] = ()


def problem_of(refusal: Refusal, instance: str = "", reference: str = "") -> Problem:
    """A refusal in full; ``instance`` is the address that was asked."""
    return Problem(
        type=f"urn:lianshen:problem:{refusal.code}",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        instance=instance,
        reference=reference,
        errors=refusal.items,
    )


def read_json(body: bytes, shape: type[T]) -> T:
    """``body`` as ``shape``. Raises Malformed for what is no JSON, Invalid naming the field of a wrong type."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        assert place is not None  # it may be empty
        item = Item(code="invalid", message=str(error)[: place.start()], field=place[1])
        raise Invalid((item,)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed from error
