"""The least that an answer of 4 KB can cost under the same server and framework."""

from litestar import Litestar, get

_ANSWER = b'{"answer":"' + b"x" * 4083 + b'"}'


@get("/bare", media_type="application/json", sync_to_thread=False)
def bare() -> bytes:
    return _ANSWER


def create_app() -> Litestar:
    return Litestar([bare], openapi_config=None, logging_config=None)
