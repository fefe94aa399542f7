"""The OpenAPI 3.1 document, from the handlers themselves and the texts beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import msgspec
from litestar.datastructures import ResponseHeader
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Example, OpenAPIType, Operation, Parameter, Schema, SecurityScheme, Tag
from litestar.router import Router

from lianshen.kernel.problems import Problem
from lianshen.web._auth import PUBLIC
from lianshen.web._problems import MEDIA_TYPE
from lianshen.web._replay import HEADER
from lianshen.web.api import _texts

_ALWAYS = (400, 429, 503)


@dataclass
class KeyedOperation(Operation):
    """An operation that the guard makes idempotent: the header is its, so no handler declares it."""

    def __post_init__(self) -> None:
        key = Parameter(
            name=HEADER,
            param_in="header",
            description=_texts.PARAMETERS[HEADER],
            schema=Schema(type=OpenAPIType.STRING, max_length=100),
            example="3f6c2a1e-declare-1",
        )
        self.parameters = [*(self.parameters or ()), key]


def described(
    operation: str,
    mark: Mapping[str, Any],
    *,
    problems: tuple[int, ...] = (),
    keyed: bool = False,
    headers: tuple[str, ...] = (),
) -> dict[str, Any]:
    """What a handler of the API states about itself: its mark for the guard, and its words in the document."""
    tag, summary, description = _texts.OPERATIONS[operation]
    public = bool(mark.get("public"))
    expected = {*problems, *_ALWAYS, *(() if public else (401, 403)), *((409, 422) if keyed else ())}
    stated: dict[str, Any] = {
        "opt": dict(mark),
        "operation_id": operation,
        "tags": [tag],
        "summary": summary,
        "description": description,
        "response_headers": [
            ResponseHeader(name=name, value="", description=_texts.PARAMETERS[name], documentation_only=True)
            for name in (*headers, *(("Idempotent-Replay",) if keyed else ()))
        ],
        "responses": {
            status: ResponseSpec(
                Problem, description=_texts.PROBLEMS[status], media_type=MEDIA_TYPE, generate_examples=False
            )
            for status in sorted(expected)
        },
    }
    if public:
        stated["security"] = [{}]
    return stated | ({"operation_class": KeyedOperation} if keyed else {})


def examples(operation: str) -> list[Example]:
    """Bodies that an operation may be sent."""
    return [Example(summary=name, value=msgspec.json.decode(body)) for name, body in _texts.EXAMPLES[operation].items()]


def document() -> OpenAPIConfig:
    """The document at /schema/openapi.json, and no pages that show it (D173)."""
    return OpenAPIConfig(
        title=_texts.TITLE,
        version=version("lianshen"),
        description=_texts.OVERVIEW,
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"bearer": []}],
        tags=[
            Tag(name=name)
            for name in (
                _texts.TENANTS,
                _texts.SESSIONS,
                _texts.PROJECTS,
                _texts.WORK,
                _texts.VERSIONS,
                _texts.SYSTEMS,
                _texts.CONTACTS,
            )
        ],
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router("/schema", route_handlers=[], opt=PUBLIC, include_in_schema=False),
    )
