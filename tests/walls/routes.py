"""The route table as cases: each verb of each route, with a request that its handler can read.

Everything is taken from Litestar's own table: path, query and body, their names and types. What it cannot tell (the
fields of a page's form) is stated in ``FORMS``.
"""

import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from functools import reduce
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import httpx
import msgspec
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute

PDF = ("材料.pdf", b"%PDF-1.7\n", "application/pdf")
CODES = {
    "action": "submit",
    "digest": "0" * 64,
    "field": "phone",
    "kind": "suspend",
    "name": "app.css",
    "paper": "feasibility_report",
    "path": "openapi.json",
    "role": "observer",
    "seq": "1",
    "tenant": "320723",
}
"""Path parameters that name no tenant's object, with a value: an act, a file's contents, a file, a paper,
the API's document, a role's code, an event of the project named before, a jurisdiction of the public register."""
FORMS: dict[str, dict[str, str]] = {
    "/projects/{project}/edit": {"title": "x"},
    "/projects/{project}/deadlines/{deadline}/extension": {"until": "2030-01-02", "reason": "x"},
    "/projects/{project}/deadlines/{deadline}/waiver": {"reason": "x"},
    "/staff/offices": {"code": "x", "name": "x", "body": "project_unit"},
}
"""Fields of pages' forms beside those of the body that its handler declares, by path."""
FILES: dict[str, str] = {"/projects/{project}/papers/{paper}": "file", "/staff/lists": "file"}
"""Pages' forms with a file, by path, and the field's name."""


class Case(NamedTuple):
    """One verb of one route."""

    method: str
    path: str
    opt: dict[str, Any]
    parameters: dict[str, str]
    """Path parameters and their types."""
    query: dict[str, Any]
    """Query parameters that a request must have or that name something, and their types."""
    body: Any
    """The type of the body, or None."""
    multipart: bool
    examples: list[Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def at(self, ids: Mapping[str, Any]) -> str:
        """The address with ``ids`` in it; whatever they do not name is a code."""
        path = self.path
        for name in self.parameters:
            path = path.replace("{" + name + "}", str(ids[name] if name in ids else CODES[name]))
        return path

    def sent(self, ids: Mapping[str, Any], form_key: str = "") -> dict[str, Any]:
        """What a caller sends beside the address, as arguments of ``httpx``."""
        query = {name: said(kind, name, ids) for name, kind in self.query.items()}
        given: dict[str, Any] = {"params": query} if query else {}
        if not self.writes:
            return given
        if self.is_api:
            return given | self._said_by_a_program(ids)
        fields = {"_csrf": form_key, "title": "x"} | FORMS.get(self.path, {})
        fields |= {name: str(value) for name, value in ids.items() if name not in self.parameters}
        given["data"] = fields
        if self.path in FILES:
            given["files"] = {FILES[self.path]: PDF}
        return given

    def _said_by_a_program(self, ids: Mapping[str, Any]) -> dict[str, Any]:
        if self.body is None:
            return {"json": {}}
        if self.multipart:
            hints = get_type_hints(self.body)
            files = {name: PDF for name, kind in hints.items() if kind is UploadFile}
            return {"files": files, "data": {n: said(k, n, ids) for n, k in hints.items() if n not in files}}
        return {"json": said(self.body, "", ids) if not self.examples else _with_ids(self.examples[0], ids)}

    def named(self) -> set[str]:
        """Names of all in this request that holds an id: of the path, of the query, of the body."""
        ids = {name for name, kind in self.parameters.items() if kind == "uuid"}
        ids |= {name for name, kind in self.query.items() if _is_id(kind)}
        return ids | set(_ids_in(self.body))


def table(app: Any) -> list[Case]:
    """All cases of a Litestar application."""
    return [
        _case(route, handler, str(method))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(str(one) for one in handler.http_methods if str(one) not in ("OPTIONS", "HEAD"))
    ]


def _case(route: HTTPRoute, handler: Any, method: str) -> Case:
    signature = handler.parsed_fn_signature.parameters
    query = {}
    for name, field in signature.items():
        required = field.default is inspect.Parameter.empty or not field.has_default
        if isinstance(field.kwarg_definition, QueryParameter) and (required or _is_id(field.annotation)):
            query[getattr(field.kwarg_definition, "query", None) or name] = field.annotation
    data = signature.get("data")
    mark = data.kwarg_definition if data else None
    return Case(
        method=method,
        path=route.path_format,
        opt=handler.opt,
        parameters={name: one.full.rpartition(":")[2] for name, one in route.path_parameters.items()},
        query=query,
        body=data.annotation if data else None,
        multipart=getattr(mark, "media_type", None) == RequestEncodingType.MULTI_PART,
        examples=[example.value for example in getattr(mark, "examples", None) or ()],
    )


def said(kind: Any, name: str, ids: Mapping[str, Any]) -> Any:
    """A value of ``kind`` as JSON; where it is an id, that of ``ids`` with this ``name``."""
    made: Any
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        made = said(args[0], name, ids)
    elif origin is Literal:
        made = args[0]
    elif origin in (Union, UnionType):
        made = None if NoneType in args and not _is_id(kind) else said(args[0], name, ids)
    elif origin in (list, tuple, set, frozenset):
        made = [said(args[0], name.removesuffix("s"), ids)] if args and _is_id(args[0]) else []
    elif kind is UUID:
        made = str(ids.get(name) or uuid4())
    elif isinstance(kind, type) and (issubclass(kind, msgspec.Struct) or dataclasses.is_dataclass(kind)):
        made = {field: said(hint, field, ids) for field, hint in get_type_hints(kind, include_extras=True).items()}
    elif isinstance(kind, type) and issubclass(kind, Enum):
        made = next(iter(kind)).value
    else:
        plain = {bool: True, int: 1, date: "2026-03-02", datetime: "2026-03-02T01:00:00Z", str: "x"}
        made = plain.get(kind, {})
    return made


def _with_ids(example: Any, ids: Mapping[str, Any]) -> Any:
    if isinstance(example, dict):
        return {name: _with_id(name, value, ids) for name, value in example.items()}
    return example


def _with_id(name: str, value: Any, ids: Mapping[str, Any]) -> Any:
    if isinstance(value, list) and name.removesuffix("s") in ids:
        return [str(ids[name.removesuffix("s")])]
    return str(ids[name]) if name in ids else value


def _is_id(kind: Any) -> bool:
    return kind is UUID or any(_is_id(part) for part in get_args(kind))


def _ids_in(body: Any) -> Iterator[str]:
    """Names of fields of a body that hold ids, however deep."""
    if isinstance(body, type) and (issubclass(body, msgspec.Struct) or dataclasses.is_dataclass(body)):
        for name, kind in get_type_hints(body).items():
            if _is_id(kind):
                yield name.removesuffix("s") if get_origin(kind) in (list, tuple) else name
            yield from _ids_in(kind)
    for part in get_args(body):
        yield from _ids_in(part)


async def ask(client: httpx.AsyncClient, case: Case, ids: Mapping[str, Any], form_key: str = "") -> httpx.Response:
    """The request of ``case`` with ``ids``."""
    given = case.sent(ids, form_key)
    return await client.request(case.method, case.at(ids), headers={"x-request-id": "matrix"}, **given)


def without(answer: str, sent: Mapping[str, Any]) -> str:
    """``answer`` with what was sent taken out of it."""
    return reduce(lambda text, one: text.replace(str(one[1]), f"<{one[0]}>"), sent.items(), answer)
