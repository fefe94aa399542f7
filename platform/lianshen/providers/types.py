"""Providers and links, as configured and as shown."""

from datetime import datetime
from uuid import UUID

import msgspec


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenID provider that a tenant trusts. ``hosts`` are names asked besides the issuer's own.

    ``private``: it stands in our own network, so private addresses and plain http are allowed. ``amr`` and ``acr`` are
    the values of these claims that say a second factor was shown there.
    """

    id: UUID
    name: str
    issuer: str
    client_id: str
    hosts: tuple[str, ...] = ()
    private: bool = False
    amr: tuple[str, ...] = ()
    acr: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True):
    """That ``subject`` at a provider is a person here."""

    id: UUID
    provider: UUID
    provider_name: str
    subject: str
    person: UUID
    person_name: str
    login: str
    created_at: datetime


class Claims(msgspec.Struct, frozen=True):
    """What a verified ID token says."""

    subject: str
    amr: tuple[str, ...]
    acr: str


class Metadata(msgspec.Struct, frozen=True):
    """What of a provider's discovery document is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    code_challenge_methods_supported: tuple[str, ...] | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Departure(msgspec.Struct, frozen=True):
    """Where the browser goes, and the secret that its cookie keeps until it comes back."""

    address: str
    secret: str


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that has come back: from which provider, for what. ``person`` is who wants to be linked, if anybody.

    ``client_secret`` is opened for the one request that is to follow.
    """

    provider: Provider
    person: UUID | None
    wanted: str
    secret: str
    client_secret: str | None


class Returned(msgspec.Struct, frozen=True):
    """What the browser brings back in its address (RFC 6749, RFC 9207)."""

    state: str = ""
    code: str = ""
    issuer: str = ""
    error: str = ""
