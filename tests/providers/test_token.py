"""What an ID token may not say, and how it may not be signed; nothing here asks the network."""

import base64
import hmac
import json
import time
from datetime import UTC, datetime

import pytest
from joserfc.jwk import ECKey, RSAKey

from lianshen.providers import _token
from lianshen.providers.types import Claims
from tests.oidc.forger import KEY, Forger

SECRET = b"the client's secret"


@pytest.fixture
def forged() -> Forger:
    made = Forger()
    made.claims = {"nonce": "right"}
    return made


def verified(forged: Forger) -> Claims:
    keys = _token.read_keys({"keys": [key.as_dict(private=False) for key in forged.published]})
    now = datetime.now(UTC)
    return _token.verify(forged.token(), keys, issuer=forged.issuer, client_id="lianshen", nonce="right", now=now)


def test_what_is_true_is_believed(forged):
    forged.claims |= {"amr": ["pwd", "otp", 7], "acr": "high", "aud": ["lianshen"], "azp": "lianshen"}
    assert verified(forged) == Claims("mallory", ("pwd", "otp"), "high")
    forged.claims |= {"amr": "otp", "acr": 7}
    assert verified(forged) == Claims("mallory", (), "")


NOW = int(time.time())
LIES = {
    "another issuer": {"iss": "https://elsewhere.example"},
    "for another client": {"aud": "other"},
    "for several, by another": {"aud": ["lianshen", "other"], "azp": "other"},
    "for several, by nobody": {"aud": ["lianshen", "other"]},
    "by another": {"azp": "other"},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "a number as subject": {"sub": 7},
    "expired": {"exp": NOW - 3600},
    "never expires": {"exp": None},
    "issued long ago": {"iat": NOW - 86400},
    "issued tomorrow": {"iat": NOW + 86400, "exp": NOW + 90000},
    "issued never": {"iat": None},
    "not yet": {"nbf": NOW + 86400},
    "times as text": {"exp": "9999999999"},
}


@pytest.mark.parametrize("claims", LIES.values(), ids=LIES.keys())
def test_claims_that_do_not_hold(forged, claims):
    forged.claims |= claims
    with pytest.raises(_token.Refused):
        verified(forged)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_header(header: dict[str, object], token: str) -> str:
    return _b64(json.dumps(header).encode()) + "." + token.partition(".")[2]


def unsigned(token: str) -> str:
    return with_header({"alg": "none"}, token).rpartition(".")[0] + "."


def tampered(token: str) -> str:
    head, payload, signature = token.split(".")
    body = base64.urlsafe_b64decode(payload + "==").replace(b'"mallory"', b'"mal1ory"')
    return ".".join((head, _b64(body), signature))


def by_secret(secret: bytes, token: str) -> str:
    """Signed with what is no secret, or with one that the client shares: RS256 turned into HS256."""
    said = with_header({"alg": "HS256", "kid": "one"}, token).rpartition(".")[0]
    return f"{said}.{_b64(hmac.digest(secret, said.encode(), 'sha256'))}"


REWRITTEN = {
    "unsigned": unsigned,
    "tampered": tampered,
    "signature cut off": lambda token: token.rpartition(".")[0] + ".",
    "no token": lambda token: "x",
    "signed with the public key": lambda token: by_secret(KEY.as_pem(private=False), token),
    "signed with the client's secret": lambda token: by_secret(SECRET, token),
    "something critical": lambda token: with_header(
        {"alg": "RS256", "kid": "one", "crit": ["b64"], "b64": True}, token
    ),
}


@pytest.mark.parametrize("how", REWRITTEN.values(), ids=REWRITTEN.keys())
def test_signatures_that_do_not_hold(forged, how):
    forged.rewrite = how
    with pytest.raises(_token.Refused):
        verified(forged)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_keys_that_do_not_count(forged):
    """Another's of that name, one that the header brings along, a short one, one of another kind than ``alg`` says."""
    other = RSAKey.generate_key(2048, {"kid": "one"})
    brought = {"alg": "RS256", "kid": "mine", "jwk": other.as_dict(private=False), "jku": "http://127.0.0.1:1/"}
    short = RSAKey.generate_key(1024, {"kid": "one"})
    curve = ECKey.generate_key("P-384", {"kid": "one"})
    for signer, published, header in (
        (other, [KEY], forged.header),
        (other, [KEY], brought),
        (short, [short], forged.header),
        (KEY, [KEY], {"alg": "RS512", "kid": "one"}),
        (KEY, [KEY], {"alg": "PS256", "kid": "two"}),
        (curve, [KEY], {"alg": "ES384", "kid": "one"}),
        (KEY, [KEY, KEY], forged.header),
    ):
        forged.signer, forged.published, forged.header = signer, published, header
        with pytest.raises(_token.Refused):
            verified(forged)
    forged.signer, forged.published, forged.header = curve, [KEY, curve], {"alg": "ES384", "kid": "one"}
    assert verified(forged).subject == "mallory"
