"""Templates and how they write money, days and instants."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.messages import text
from lianshen.kernel.words import day, money
from lianshen.web._assets import Assets

if TYPE_CHECKING:
    from lianshen.web._call import Call

FOLDER = Path(__file__).parent / "templates"


class Pages:
    """Chinese pages. Output is escaped, and a name that a template misspells raises."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self.environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.filters |= {"money": money, "day": day, "instant": instant}
        self.environment.globals |= {"asset": assets.address, "new_key": new_key, "say": text}

    def render(self, template: str, call: "Call", **context: Any) -> str:
        """The page. Every template sees ``call`` and ``actor`` (None before sign-in) besides its own context."""
        return self.environment.get_template(template).render(call=call, actor=call.visitor, **context)


def instant(at: datetime) -> str:
    """An instant in Asia/Shanghai, to the minute: 2026年3月18日 09:05."""
    local = at.astimezone(SHANGHAI)
    return f"{day(local.date())} {local:%H:%M}"


def new_key() -> str:
    """A key for the hidden field ``_key``: the form counts once, however often it is sent (D46)."""
    return secrets.token_urlsafe(16)
