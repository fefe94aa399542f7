"""The application: ``create_app`` is the factory that the server calls in each process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from litestar import Litestar, Request, Response
from litestar.openapi import OpenAPIConfig
from litestar.router import Router

from lianshen.access.queries import compile_policy, use
from lianshen.access.strength import load_strength, use_strength
from lianshen.kernel import cipher, log
from lianshen.kernel import settings as from_environment
from lianshen.kernel.database import Database
from lianshen.kernel.settings import Settings
from lianshen.kernel.watchdog import watch_loop
from lianshen.personal import queries as personal
from lianshen.rules.queries import load_law
from lianshen.web import assets, health, pages
from lianshen.web._asgi import App
from lianshen.web._assets import FOLDER, Assets
from lianshen.web._auth import guard, require_marks
from lianshen.web._call import Services
from lianshen.web._context import DEPENDENCIES
from lianshen.web._edge import Edge
from lianshen.web._limits import Limits
from lianshen.web._live import Live
from lianshen.web._pages import Pages
from lianshen.web._startup import (
    log_set_aside,
    note_process,
    note_stop,
    require_fitness,
    told_to_end,
    watch,
)
from lianshen.web._terms import terms_of
from lianshen.web.api import (
    _openapi,
    calendar,
    contacts,
    deadlines,
    documents,
    law,
    projects,
    receipts,
    rights,
    roster,
    staff,
    systems,
    versions,
    work,
)
from lianshen.web.session import account, passkeys, provider
from lianshen.web.session import api as session_api
from lianshen.web.session import pages as session_pages
from lianshen.wiring import ACTS, PERMISSIONS

_API = (
    session_api, law, projects, deadlines, documents, work, versions, contacts, systems, rights, staff, roster,
    receipts, calendar,
)  # fmt: skip
_PARTS_OF_A_FORM = 100


def create_app(settings: Settings | None = None) -> Edge:
    """The ASGI application under ``settings`` (None: from the environment).

    Raises when a pack, the policy or a route is wrong; what needs the database is checked when serving begins.
    """
    settings = settings or from_environment.settings()
    log.configure(settings.log_format, settings.log_dir, settings.log_days)
    cipher.start(settings)
    personal.use(personal.read(settings.policies_dir))
    use(compile_policy(settings.policies_dir, PERMISSIONS))
    strength = load_strength(settings.policies_dir, PERMISSIONS, minutes=settings.step_up_after // 60)
    use_strength(strength)
    loaded = load_law(settings.tenants_dir, drafts=settings.draft_versions, permissions=ACTS)
    log_set_aside(loaded)
    database = Database(settings.database_url, pool_size=settings.pool_size, name="lianshen-web")
    services = Services(
        settings,
        database,
        loaded,
        Pages(Assets(FOLDER)),
        Limits(settings),
        terms_of(settings, strength),
        Live(settings),
    )
    app = _litestar(services, _openapi.document() if settings.publish_schema else None)
    require_marks(app, PERMISSIONS)
    return Edge(cast("App", app), services)


def _litestar(services: Services, document: OpenAPIConfig | None) -> Litestar:
    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
            await require_fitness(services)
            await note_process(services, "started")
            beside = (watch(services), watch_loop(services.settings.stall_limit), services.live.run())
            watching = [asyncio.create_task(one) for one in beside]
            with told_to_end(services.live.end):
                yield
            for task in watching:
                task.cancel()
            await asyncio.wait(watching)
            await note_stop(services)
        finally:
            await services.live.close()
            await services.database.close()
            await services.limits.close()

    api = Router("/api/v1", route_handlers=[handler for part in _API for handler in part.HANDLERS])
    return Litestar(
        [
            health.healthz,
            health.readyz,
            health.sweep,
            health.work,
            health.metrics,
            assets.static,
            api,
            *session_pages.HANDLERS,
            *account.HANDLERS,
            *provider.HANDLERS,
            *passkeys.HANDLERS,
            *pages.HANDLERS,
        ],
        dependencies=DEPENDENCIES,
        exception_handlers={Exception: _leave_to_the_edge},
        guards=[guard],
        lifespan=[lifespan],
        logging_config=None,
        multipart_form_part_limit=_PARTS_OF_A_FORM,
        openapi_config=document,
        request_max_body_size=None,
    )


def _leave_to_the_edge(_request: Request[Any, Any, Any], error: Exception) -> Response[None]:
    """Every refusal and every failure becomes an answer in one place, the edge."""
    raise error
