"""The web of a rehearsal: the one that serves, and with ``FORGET=n`` one whose transactions lose their tenant after the
n-th statement.
"""

import os
from typing import Any

from sqlalchemy import event, text

from lianshen.web import app
from lianshen.web._edge import Edge

_FORGET = text("SELECT set_config('lianshen.tenant', '', true)")


def create_app() -> Edge:
    made = app.create_app()
    if nth := int(os.environ.get("FORGET", "0")):
        forget(made, nth)
    return made


def forget(made: Edge, nth: int) -> None:
    @event.listens_for(made.services.database.engine.sync_engine, "after_execute")
    def after(connection: Any, statement: Any, *_rest: Any) -> None:
        if statement is _FORGET:
            return
        connection.info["asked"] = connection.info.get("asked", 0) + 1
        if connection.info["asked"] % nth == 0:
            connection.execute(_FORGET)
