"""Speaking with a provider: where it is asked what, its keys, and the exchange of a code (RFC 6749, 7636, 9207)."""

import base64
import hashlib
import hmac
import time
from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec

from lianshen.providers import _fetch, _token
from lianshen.providers.types import Claims, Metadata, Provider, Returned, Visit

_KNOWN_FOR = 600.0
"""Seconds for which metadata and keys are taken as read."""
_ASKED_AGAIN = 30.0
"""Seconds between two looks for a key that is not known: tokens with made-up names must not set us asking."""
_MOST = 256
_DISCOVERY = "/.well-known/openid-configuration"


class _Answer(msgspec.Struct, frozen=True):
    """What of a token endpoint's answer is used."""

    id_token: str


class _Known(msgspec.Struct):
    """What one provider said of itself."""

    until: float
    metadata: Metadata
    keys: list[_token.Key] | None = None
    asked_again: float = float("-inf")


_known: dict[tuple[str, UUID, Provider], _Known] = {}
"""By tenant and configuration: one tenant's provider says nothing about another's, and a changed one is asked anew."""


async def metadata_of(tenant: str, provider: Provider) -> Metadata:
    """Where the provider is asked what. Raises Unreachable, Refused."""
    return (await _known_of(tenant, provider)).metadata


async def _known_of(tenant: str, provider: Provider) -> _Known:
    place = (tenant, provider.id, provider)
    found = _known.get(place)
    if found is not None and found.until > time.monotonic():
        return found
    body = await _fetch.ask(provider, provider.issuer.rstrip("/") + _DISCOVERY)
    try:
        metadata = msgspec.json.decode(body, type=Metadata)
    except msgspec.DecodeError as error:
        raise _token.Refused("discovery document") from error
    if metadata.issuer != provider.issuer:
        raise _token.Refused("issuer of the discovery document")
    methods = metadata.code_challenge_methods_supported
    if methods is not None and "S256" not in methods:
        raise _token.Refused("no PKCE with S256")
    for address in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
        _fetch.require_address(provider, address)
    if len(_known) >= _MOST:
        _known.clear()
    _known[place] = fresh = _Known(time.monotonic() + _KNOWN_FOR, metadata)
    return fresh


def secret_for(secret: str, purpose: str) -> str:
    """``state``, ``nonce`` or ``verifier`` of a visit: each follows from the browser's secret, none from another."""
    return _b64(hmac.digest(secret.encode(), f"openid {purpose}".encode(), "sha256"))


def digest_of(secret: str) -> bytes:
    """What is kept of a visit's ``state``."""
    return hashlib.sha256(secret_for(secret, "state").encode()).digest()


def departure(metadata: Metadata, provider: Provider, secret: str, back: str) -> str:
    """The address at the provider to which the browser goes; it comes back to ``back``."""
    challenge = _b64(hashlib.sha256(secret_for(secret, "verifier").encode()).digest())
    query = {
        "response_type": "code",
        "scope": "openid",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "state": secret_for(secret, "state"),
        "nonce": secret_for(secret, "nonce"),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    } | ({"acr_values": " ".join(provider.acr)} if provider.acr else {})
    joined = "&" if "?" in metadata.authorization_endpoint else "?"
    return metadata.authorization_endpoint + joined + urlencode(query)


async def claims_of(tenant: str, visit: Visit, came: Returned, back: str, now: datetime) -> Claims:
    """Exchange the code and verify what it brings. Raises Unreachable, Refused."""
    provider = visit.provider
    known = await _known_of(tenant, provider)
    if (came.issuer or known.metadata.authorization_response_iss_parameter_supported) and (
        came.issuer != provider.issuer
    ):
        raise _token.Refused("iss of the answer")
    token = await _exchange(known.metadata, visit, came.code, back)
    try:
        return _verified(token, await _keys(known, provider), visit, now)
    except _token.UnknownKey:
        if known.asked_again > time.monotonic() - _ASKED_AGAIN:
            raise
        known.asked_again = time.monotonic()
    return _verified(token, await _keys(known, provider, anew=True), visit, now)


def _verified(token: str, keys: list[_token.Key], visit: Visit, now: datetime) -> Claims:
    return _token.verify(
        token,
        keys,
        issuer=visit.provider.issuer,
        client_id=visit.provider.client_id,
        nonce=secret_for(visit.secret, "nonce"),
        now=now,
    )


async def _exchange(metadata: Metadata, visit: Visit, code: str, back: str) -> str:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": secret_for(visit.secret, "verifier"),
    }
    client, secret = visit.provider.client_id, visit.client_secret
    basic = None
    if secret is None:
        form["client_id"] = client
    elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
        basic = (quote(client, safe=""), quote(secret, safe=""))  # RFC 6749, 2.3.1
    else:
        form |= {"client_id": client, "client_secret": secret}
    body = await _fetch.ask(visit.provider, metadata.token_endpoint, form=form, basic=basic)
    try:
        return msgspec.json.decode(body, type=_Answer).id_token
    except msgspec.DecodeError as error:
        raise _token.Refused("answer of the token endpoint") from error


async def _keys(known: _Known, provider: Provider, *, anew: bool = False) -> list[_token.Key]:
    if known.keys is None or anew:
        body = await _fetch.ask(provider, known.metadata.jwks_uri)
        try:
            document = msgspec.json.decode(body, type=dict)
        except msgspec.DecodeError as error:
            raise _token.Refused("key set") from error
        known.keys = _token.read_keys(document)
    return known.keys


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
