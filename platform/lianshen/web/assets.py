"""Static files of the pages."""

from pathlib import PurePosixPath
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from lianshen.kernel.errors import NotFound
from lianshen.web._auth import PUBLIC
from lianshen.web._context import Asked

_FOR_EVER = "public, max-age=31536000, immutable"


@get("/static/{name:path}", opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def static(call: Asked, request: Request[Any, Any, Any], name: FromPath[PurePosixPath]) -> Response[bytes]:
    """One file. Only under the version it has now may it be kept: another process may hold an older one."""
    asset = call.services.pages.assets.find(name.as_posix().lstrip("/"))
    if asset is None:
        raise NotFound
    headers = {"vary": "accept-encoding"}
    if request.query_params.get("v") == asset.version:
        headers["cache-control"] = _FOR_EVER
    body = asset.body
    if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = asset.packed, "gzip"
    return Response(body, media_type=asset.media_type, headers=headers)
