"""An authenticator in software: it makes passkeys, shows them, and lies about whatever a test wants."""

import hashlib
import json
import secrets
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

_PRESENT, _VERIFIED, _HOLDS_KEY = 0x01, 0x04, 0x40
_ES256 = -7


class Authenticator:
    """Holds passkeys of one place. ``options`` are what the application says; answers are what a browser would send."""

    def __init__(self, origin: str, place: str) -> None:
        self.origin, self.place = origin, place
        self.keys: dict[bytes, EllipticCurvePrivateKey] = {}
        self.handles: dict[bytes, bytes] = {}
        self.count = 0

    def make(self, options: str, **lies: Any) -> str:
        """A new passkey."""
        asked = json.loads(options)
        one, key = lies.pop("id", None) or secrets.token_bytes(32), generate_private_key(SECP256R1())
        self.keys[one], self.handles[one] = key, base64url_to_bytes(asked["user"]["id"])
        point = key.public_key().public_numbers()
        cose = {1: 2, 3: lies.pop("alg", _ES256), -1: 1, -2: _field(point.x), -3: _field(point.y)}
        held = bytes(16) + len(one).to_bytes(2, "big") + one + encode_cbor(cose)
        flags = lies.pop("flags", _PRESENT | _VERIFIED) | _HOLDS_KEY
        data = self._data(flags, lies.pop("place", self.place)) + held
        attested = encode_cbor({"fmt": lies.pop("fmt", "none"), "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], lies)
        return _written(one, {"clientDataJSON": client, "attestationObject": attested})

    def show(self, options: str, **lies: Any) -> str:
        """A passkey that it holds: of those that are asked for, else the last one made."""
        asked = json.loads(options)
        named = [base64url_to_bytes(one["id"]) for one in asked.get("allowCredentials") or []]
        one = lies.pop("id", None) or next((held for held in named if held in self.keys), list(self.keys)[-1])
        self.count += 1
        flags = lies.pop("flags", _PRESENT | _VERIFIED)
        data = self._data(flags, lies.pop("place", self.place), lies.pop("count", self.count))
        client = self._client("webauthn.get", asked["challenge"], lies)
        key = lies.pop("signer", self.keys.get(one)) or generate_private_key(SECP256R1())
        signature = key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        handle = lies.pop("handle", self.handles.get(one, b""))
        said = {"clientDataJSON": client, "authenticatorData": data, "signature": lies.pop("signature", signature)}
        assert not lies, "lies nobody tells"
        return _written(one, said | ({"userHandle": handle} if handle is not None else {}))

    def _data(self, flags: int, place: str, count: int | None = None) -> bytes:
        return (
            hashlib.sha256(place.encode()).digest()
            + bytes([flags])
            + (self.count if count is None else count).to_bytes(4, "big")
        )

    def _client(self, kind: Literal["webauthn.create", "webauthn.get"], challenge: str, lies: dict[str, Any]) -> bytes:
        said = {"type": lies.pop("type", kind), "challenge": lies.pop("challenge", challenge)}
        said |= {"origin": lies.pop("origin", self.origin), "crossOrigin": lies.pop("framed", False)}
        return json.dumps(said).encode()


def _field(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _written(one: bytes, response: dict[str, bytes]) -> str:
    named = bytes_to_base64url(one)
    said = {name: bytes_to_base64url(value) for name, value in response.items()}
    return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": said})
