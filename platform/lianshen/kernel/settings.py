"""Settings from the environment: every variable is ``LIANSHEN_`` plus the field's name in capitals."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

_CHECKOUT = Path(__file__).resolve().parents[3]


class SettingsError(Exception):
    """A variable is missing or unreadable; the message names it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is told from outside. Sizes are bytes, times seconds."""

    database_url: str = ""
    """postgresql+asyncpg URL of the role ``lianshen_web``."""
    worker_database_url: str = ""
    relay_database_url: str = ""
    operator_database_url: str = ""
    """Of the role ``lianshen_operator``: for the process that carries out orders, and for ``lianshen tenant``."""
    exports_dir: Path = Path("var/exports")
    """Archives of whole tenants: as worth protecting as the database itself."""
    owner_database_url: str = ""
    """Used by migrations and seeding alone; no serving process is given it."""
    redis_url: str = "redis://127.0.0.1:6379/0"
    tenants_dir: Path = _CHECKOUT / "tenants"
    policies_dir: Path = _CHECKOUT / "policies"
    files_dir: Path = Path("var/files")
    draft_versions: bool = False
    """Let versions of the law count that nobody has published: to try what is being written."""
    law_warnings: str = "180,90,30"
    """Days before the last day of a jurisdiction's law on which its rule officers are told, each once."""
    secure_cookies: bool = True
    """False only for a demo over plain http: cookies then lose Secure and the ``__Host-`` prefix."""
    publish_schema: bool = False
    """Serve the OpenAPI document at /schema/openapi.json."""
    log_format: str = "json"
    pool_size: int = 4
    republish_after: float = 120.0
    """Seconds after which the relay sends a message anew that was sent and is not done."""
    upload_limit: int = 50 * 1024 * 1024
    session_idle: int = 30 * 60
    session_lifetime: int = 12 * 3600

    @property
    def law_warning_days(self) -> tuple[int, ...]:
        """``law_warnings`` as numbers, the farthest first. Raises SettingsError."""
        try:
            return tuple(sorted(map(int, self.law_warnings.split(",")), reverse=True))
        except ValueError as error:
            raise SettingsError(f"LIANSHEN_LAW_WARNINGS: {self.law_warnings!r} is no list of days") from error


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from ``environment``. Raises SettingsError naming the first variable that does not fit."""
    given = {
        field.name: environment[name]
        for field in msgspec.structs.fields(Settings)
        if (name := f"LIANSHEN_{field.name.upper()}") in environment
    }
    try:
        return msgspec.convert(given, Settings, strict=False, dec_hook=lambda kind, raw: kind(raw))
    except msgspec.ValidationError as error:
        raise SettingsError(f"LIANSHEN_* settings: {error}") from error


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return read(os.environ)
