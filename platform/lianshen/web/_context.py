"""What handlers ask for, and the answers they give besides plain structs."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide

from lianshen.web._auth import local_path
from lianshen.web._call import Call, call_of
from lianshen.web._step_up import carried

HTML = "text/html; charset=utf-8"


def _provide_call(request: Request[Any, Any, Any]) -> Call:
    return call_of(request.scope)


DEPENDENCIES = {"call": Provide(_provide_call, sync_to_thread=False)}
Asked = NamedDependency[Call]
"""Write ``call: Asked`` in a handler to be given the request's Call."""


def page(
    call: Call, template: str, *, status: int = 200, cookies: Sequence[Cookie] = (), **context: Any
) -> Response[str]:
    """A page rendered from ``template``; ``status`` is 422 for a form that comes back with remarks."""
    said = call.services.pages.render(template, call, **context)
    return Response(said, status_code=status, media_type=HTML, cookies=list(cookies))


def see_other(path: str, *cookies: Cookie) -> Response[None]:
    """Send the browser to ``path`` with GET after a form was taken (303)."""
    return Response(None, status_code=303, headers={"location": local_path(path)}, cookies=list(cookies))


async def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The text fields of the form that was sent, the first of each name; files are left out, and who it is as well."""
    fields, _ = carried(await request.form())
    return dict(reversed(fields))
