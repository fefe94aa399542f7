"""Is an ID token what it says it is (OpenID Connect Core 3.1.3.7)? Pure: keys and the instant are arguments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import extract_compact

from lianshen.providers.types import Claims

ALGORITHMS: Final = {
    "RS256": "RSA", "PS256": "RSA", "ES256": "EC", "ES384": "EC", "EdDSA": "OKP",
}  # fmt: skip
"""What may sign, with the kind of key it takes: signatures with a public key only, so neither ``none`` nor HS256."""
_CURVES = {"ES256": "P-256", "ES384": "P-384"}
_SKEW = timedelta(seconds=60)
_OLDEST = timedelta(minutes=10)
"""A token is fetched as soon as it is made; what is older comes from elsewhere."""
_SHORTEST_RSA = 2048
_LONGEST_TOKEN = 32 * 1024
_LONGEST_SUBJECT = 255
Key = RSAKey | ECKey | OKPKey


class Refused(Exception):
    """The token does not hold; the message says which check, and nothing of what the token says."""


class UnknownKey(Refused):
    """No key of the set is the one that the token names: the provider may have changed them."""


def read_keys(document: dict[str, Any]) -> list[Key]:
    """The keys of a JWK set that may verify signatures; others are left out. Raises Refused for what is no set."""
    entries = document.get("keys")
    if not isinstance(entries, list) or not entries:
        raise Refused("no key set")
    found: list[Key] = []
    for entry in entries[:50]:
        fits = isinstance(entry, dict) and entry.get("kty") in ALGORITHMS.values() and entry.get("use", "sig") == "sig"
        if not fits:
            continue
        try:
            key = KeySet.import_key_set({"keys": [_public(entry)]}).keys[0]
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey) and key.public_key.key_size < _SHORTEST_RSA:
            continue
        assert isinstance(key, Key), "of these kinds only"
        found.append(key)
    return found


def _public(entry: dict[str, Any]) -> Any:
    """The public part, with nothing that limits what the key is good for but its algorithm."""
    return {name: entry[name] for name in ("kty", "n", "e", "crv", "x", "y", "kid", "alg") if name in entry}


def verify(token: str, keys: Sequence[Key], *, issuer: str, client_id: str, nonce: str, now: datetime) -> Claims:
    """What ``token`` says of the person who signed in. Raises UnknownKey, Refused."""
    if len(token) > _LONGEST_TOKEN:
        raise Refused("too long")
    algorithm, key = _key_for(token, keys)
    try:
        said = jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError) as error:
        raise Refused(f"signature: {type(error).__name__}") from error
    _check_parties(said, issuer, client_id)
    _check_times(said, now)
    given = said.get("nonce")
    if not isinstance(given, str) or not compare_digest(given.encode(), nonce.encode()):
        raise Refused("nonce")
    subject = said.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise Refused("sub")
    amr, acr = said.get("amr"), said.get("acr")
    methods = tuple(one for one in amr if isinstance(one, str)) if isinstance(amr, list) else ()
    return Claims(subject, methods, acr if isinstance(acr, str) else "")


def _key_for(token: str, keys: Sequence[Key]) -> tuple[str, Key]:
    """The algorithm that the token may use, and the one key that it names."""
    try:
        header = extract_compact(token.encode()).protected
    except (JoseError, ValueError, TypeError) as error:
        raise Refused("no signed token") from error
    algorithm, named = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Refused("alg")
    if "crit" in header or "b64" in header:
        raise Refused("crit")
    fitting = [key for key in keys if _fits(key, algorithm) and (named is None or key.kid == named)]
    if not fitting:
        raise UnknownKey("kid")
    if len(fitting) > 1:
        raise Refused("kid is not one key's")
    return algorithm, fitting[0]


def _fits(key: Key, algorithm: str) -> bool:
    kind = key.key_type == ALGORITHMS[algorithm] and key.alg in (None, algorithm)
    return kind and (algorithm not in _CURVES or key.get("crv") == _CURVES[algorithm])


def _check_parties(said: dict[str, Any], issuer: str, client_id: str) -> None:
    if said.get("iss") != issuer:
        raise Refused("iss")
    audience = said.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or client_id not in named:
        raise Refused("aud")
    if (len(named) > 1 or "azp" in said) and said.get("azp") != client_id:
        raise Refused("azp")


def _check_times(said: dict[str, Any], now: datetime) -> None:
    """``exp`` and ``iat`` must be there; ``nbf`` counts where it is."""
    moment, skew = now.timestamp(), _SKEW.total_seconds()
    expires, issued, begins = (_instant(said, name) for name in ("exp", "iat", "nbf"))
    if expires is None or expires <= moment - skew:
        raise Refused("exp")
    if issued is None or not moment - _OLDEST.total_seconds() - skew < issued <= moment + skew:
        raise Refused("iat")
    if begins is not None and begins > moment + skew:
        raise Refused("nbf")


def _instant(said: dict[str, Any], name: str) -> float | None:
    given = said.get(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) < 1e12:
        raise Refused(name)
    return float(given)
