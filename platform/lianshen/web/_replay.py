"""Idempotent submissions: a POST that carries a key counts once and is answered alike each time (D46)."""

import asyncio
import hashlib
from operator import itemgetter
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile

from lianshen.kernel.commands import Remembered, claim, remember
from lianshen.kernel.errors import Invalid, Item, Refusal
from lianshen.kernel.messages import text
from lianshen.web._asgi import Message
from lianshen.web._call import Call, Claim
from lianshen.web._problems import Answer
from lianshen.web._step_up import FIELDS

HEADER = "Idempotency-Key"
FIELD = "_key"
FORM_KEY_FIELD = "_csrf"
_KEPT = ("content-type", "etag", "location")
_LONGEST = 100


class Reused(Refusal):
    """The key was used before, for something else."""

    status = 409
    code = "replayed"


class Replay(Exception):
    """Not a failure: this request was answered before, and this is what was said."""

    def __init__(self, found: Remembered) -> None:
        self.answer = Answer(found.status, {**found.headers, "idempotent-replay": "true"}, found.body.encode())
        super().__init__()


async def claim_key(call: Call, request: Request[Any, Any, Any], form: FormMultiDict) -> None:
    """Claim the key that the request carries, if any. Raises Replay, Reused, or Invalid for an unfit key."""
    key = request.headers.get(HEADER) or form.get(FIELD)
    if key is None:
        return
    if not (isinstance(key, str) and 0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        raise Invalid((Item(code="invalid", message=text("field.key"), field=HEADER),))
    digest = await _digest(request, form)
    found = await claim(call.uow, call.actor.person, key, digest)
    if found is None:
        call.claim = Claim(key, digest)
    elif found.digest == digest:
        raise Replay(found)
    else:
        raise Reused


async def remember_answer(call: Call, head: Message, message: Message) -> None:
    """Keep the answer beside the claimed key, in the transaction whose effect it reports."""
    assert call.claim is not None
    assert not message.get("more_body"), "an answer to a keyed request is sent in one part"
    headers = {name.decode(): value.decode() for name, value in head["headers"]}
    answer = Remembered(
        digest=call.claim.digest,
        status=head["status"],
        headers={name: value for name, value in headers.items() if name in _KEPT},
        body=message["body"].decode(),
    )
    await remember(call.uow, call.actor.person, call.claim.key, answer)


async def _digest(request: Request[Any, Any, Any], form: FormMultiDict) -> str:
    """SHA-256 over method, address and content; of a form, over its fields and files without our own."""
    parts = [request.method.encode(), request.url.path.encode(), request.url.query.encode()]
    if form:
        # By name, since the framework gives them in the order of a set: another in each process.
        for name, value in sorted(form.multi_items(), key=itemgetter(0)):
            if name not in (FIELD, FORM_KEY_FIELD, *FIELDS):
                parts += [name.encode(), await _content(value)]
    else:
        parts.append(await request.body())
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


async def _content(value: str | UploadFile) -> bytes:
    if isinstance(value, str):
        return value.encode()
    digest = (await asyncio.to_thread(hashlib.file_digest, value.file, "sha256")).digest()
    await value.seek(0)
    return value.filename.encode() + b"\0" + digest
