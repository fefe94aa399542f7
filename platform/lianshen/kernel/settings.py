"""Settings from the environment: every variable is ``LIANSHEN_`` plus the field's name in capitals."""

import os
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from lianshen.kernel._log_files import LEAST_DAYS

Network = IPv4Network | IPv6Network
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
    tls_ca_file: Path | None = None
    """Authority that vouches for PostgreSQL and Redis, PEM. None only where both are on this machine."""
    tenants_dir: Path = _CHECKOUT / "tenants"
    policies_dir: Path = _CHECKOUT / "policies"
    files_dir: Path = Path("var/files")
    master_key_file: Path = Path("master.key")
    """Keys that wrap the tenants' data keys, one a line, 32 hexadecimal digits; readable by nobody else (mode 600)."""
    cipher_provider: str = "software"
    """``software`` (not a certified product), or ``package.module:factory`` of a certified module's adapter."""
    checkpoints_dir: Path = Path("var/checkpoints")
    """Where signed checkpoints leave the database for, a file each: another machine's disk, written once."""
    signing_key: Path = Path("var/keys/checkpoint.pem")
    """Private key that signs checkpoints, Ed25519 or SM2, PEM; former public keys are kept beside it as ``*.pub``."""
    timestamp_url: str = ""
    """Authority that stamps checkpoints with the time (RFC 3161); blank means none."""
    timestamp_certificates: Path = Path("var/keys/timestamp.pem")
    """That authority's certificates up to its root, PEM."""
    draft_versions: bool = False
    """Let versions of the law count that nobody has published: to try what is being written."""
    law_warnings: str = "180,90,30"
    """Days before the last day of a jurisdiction's law on which its rule officers are told, each once."""
    secure_cookies: bool = True
    """False only for a demo over plain http: cookies then lose Secure and the ``__Host-`` prefix."""
    public_url: str = ""
    """Where people open this instance, such as ``https://lianshen.example.gov.cn``: for links in messages. Passkeys are
    bound to its host and count at no other address; they need https and a name, or ``http://localhost``.
    """
    publish_schema: bool = False
    """Serve the OpenAPI document at /schema/openapi.json."""
    log_format: str = "json"
    log_dir: Path | None = None
    """Where lines of the log are kept, a file a day; None where something else collects standard error."""
    log_days: int = 183
    """For how long, at least half a year (D131)."""
    pool_size: int = 4
    republish_after: float = 30.0
    """Seconds after which the relay sends a message anew that was sent and is not done."""
    upload_limit: int = 50 * 1024 * 1024
    session_idle: int = 15 * 60
    admin_session_idle: int = 10 * 60
    session_lifetime: int = 12 * 3600
    sessions_each: int = 3
    """How many sessions a person may have open; a further one ends the oldest."""
    admin_sessions_each: int = 1
    password_profile: Literal["dengbao", "asvs"] = "dengbao"  # noqa: S105 (a name)
    """GB/T 22239-2019 level 3 as assessors read it, or OWASP ASVS 5.0: they forbid each other's rules."""
    require_second_factor: bool = True
    """Whom it concerns is said in ``policies/strength.csv``. False only where nothing real is decided: a demo."""
    step_up_after: int = 15 * 60
    """For weighty acts one shows anew who one is after so long."""
    step_up_grace: int = 15 * 60
    """How much longer a form with files may take, whose sender was asked when it was opened."""
    idle_account_days: int = 90
    """Days without use after which an account is disabled (D108)."""
    idle_warning_days: int = 14
    """Days before that on which its holder and the security administrators are told."""
    hosts: str = "localhost,127.0.0.1,[::1]"
    """The names under which this instance is asked, without ports; a request to any other is not answered."""
    trusted_proxies: str = ""
    """Networks of our own reverse proxies, such as ``10.2.0.0/24,fd00::/64``; what others say of addresses is ignored.
    """
    forwarded_header: str = "x-forwarded-for"
    """Which header those proxies write: ``x-forwarded-for`` or ``forwarded``. The other is the caller's own words."""

    stall_limit: float = 30.0
    """Seconds after which a process whose event loop stands still is ended, so that another takes its place; 0: never.
    """
    job_memory: int = 2 * 1024 * 1024 * 1024
    """Bytes that a process of jobs may take; a job that wants more fails, and the process lives."""
    rehearsal: bool = False
    """True where failures are rehearsed on data that nobody needs; everywhere else fail points are refused."""
    failpoint: str = ""
    """Where and how this process fails in a rehearsal (see ``kernel.failpoints``)."""
    mail_host: str = ""
    """The server that takes our e-mail; blank: no jurisdiction can write e-mail, which is so in the demo."""
    mail_port: int = 587
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    """``starttls`` refuses a server that does not offer it; ``none`` is for a server on this machine."""
    mail_user: str = ""
    """Blank: the server asks for no account."""
    mail_password: str = ""
    mail_from: str = ""
    """The address that e-mail comes from."""
    extra_certificates: str = ""
    """File of authorities that are believed beside the system's, PEM: a mail server's or a hook's own."""
    outbound_networks: str = ""
    """Networks of our own that hooks and robots may be in, such as ``10.2.0.0/24``; to others go public addresses and
    https alone."""
    outbound_ports: str = "443"
    """Ports that hooks and robots may listen on, such as ``443,8443`` or ``8000-8999``."""
    notice_stream: float = 300.0
    """Seconds after which a page asks anew for its live count of unread notices."""
    notice_streams_each: int = 6
    """How many pages of a person are kept up to date at once, in each process; a further one ends the oldest."""
    notice_poll: float = 20.0
    """Seconds between two looks at the counts while the database tells of changes; a fourth of it while it does not."""

    limit_any: str = "account 600/minute, source 6000/minute, tenant 60000/minute"
    """Requests of any kind, within each process. By whom: ``account``, ``source``, ``tenant``; blank is no limit."""
    limit_sign_in: str = "account 20/minute, source 60/minute, tenant 600/minute"
    """Attempts to sign in; a whole office may stand behind one address. These and the next hold over all processes."""
    limit_search: str = "account 60/minute, source 600/minute, tenant 3000/minute"
    limit_export: str = "account 60/minute, source 600/minute, tenant 1200/minute"
    limit_feed: str = "account 60/hour, source 600/minute"
    """Calendars fetched: ``account`` is one address of a feed."""
    limit_upload: str = "account 60/minute, source 600/minute, tenant 1200/minute"

    def __post_init__(self) -> None:
        if self.forwarded_header not in ("x-forwarded-for", "forwarded"):
            raise ValueError("forwarded_header is x-forwarded-for or forwarded")
        if self.failpoint and not self.rehearsal:
            raise ValueError("failpoint: nothing is rehearsed here")
        if self.log_days < LEAST_DAYS:
            raise ValueError(f"log_days: the law wants logs kept for {LEAST_DAYS} days at least")
        _ = self.proxies
        _ = self.proxies, self.outbound, self.outbound_port_ranges
        _ = self.proxies, self.passkey_origin

    def needed(self, name: str) -> str:
        """The text of the field ``name``. Raises SettingsError where nobody has set it."""
        value: str = getattr(self, name)
        if not value:
            raise SettingsError(f"LIANSHEN_{name.upper()} is not set")
        return value

    @property
    def host_names(self) -> frozenset[str]:
        """``hosts`` as names in lower case."""
        return frozenset(name.strip().lower() for name in self.hosts.split(",") if name.strip())

    @property
    def passkey_origin(self) -> str:
        """``public_url`` as browsers state it; blank where no passkey can be bound to it."""
        parts = urlsplit(self.public_url)
        host = parts.hostname or ""
        named = host and not host.replace(".", "").isdigit() and ":" not in host
        if not named or not (parts.scheme == "https" or (parts.scheme == "http" and host == "localhost")):
            return ""
        port = "" if parts.port in (None, 443 if parts.scheme == "https" else 80) else f":{parts.port}"
        return f"{parts.scheme}://{host}{port}"

    @property
    def proxies(self) -> tuple[Network, ...]:
        """``trusted_proxies`` as networks. Raises ValueError."""
        return tuple(ip_network(one.strip()) for one in self.trusted_proxies.split(",") if one.strip())

    @property
    def outbound(self) -> tuple[Network, ...]:
        """``outbound_networks`` as networks. Raises ValueError."""
        return tuple(ip_network(one.strip()) for one in self.outbound_networks.split(",") if one.strip())

    @property
    def outbound_port_ranges(self) -> tuple[range, ...]:
        """``outbound_ports`` as ranges. Raises ValueError."""
        said = (one.partition("-") for one in self.outbound_ports.split(",") if one.strip())
        return tuple(range(int(first), int(last or first) + 1) for first, _, last in said)

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
