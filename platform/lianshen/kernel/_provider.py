"""Who computes SM3 and SM4: one place, and the known answers it must give before it may (D139, D140).

``Software`` computes by OpenSSL through ``cryptography``. It is **not a certified product**. A certified module is an
adapter with the same five members, installed beside the platform and named by ``LIANSHEN_CIPHER_PROVIDER``.
"""

import os
from importlib import import_module
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

NONCE = 12
TAG = 16
KEY = 16
"""Bytes of a GCM nonce, of its tag, and of an SM4 key."""


class Unfit(Exception):
    """The provider cannot be loaded or computes wrongly: this process must not start. The message says which."""


class Tampered(Exception):
    """A ciphertext does not fit its key or its place."""


class Hasher(Protocol):
    """SM3 over what is fed piece by piece."""

    def update(self, data: bytes) -> None: ...

    def digest(self) -> bytes:
        """The 32 bytes; nothing may be fed afterwards."""


class Provider(Protocol):
    """What a cipher module has to do. ``label`` says what it is, for the inventory of keys."""

    label: str

    def random(self, size: int) -> bytes:
        """``size`` bytes nobody can guess."""

    def sm3(self) -> Hasher: ...

    def hmac_sm3(self, key: bytes, data: bytes) -> bytes: ...

    def sm4_gcm_seal(self, key: bytes, nonce: bytes, data: bytes, place: bytes) -> bytes:
        """Ciphertext and 16 bytes of tag; ``place`` is authenticated and not encrypted."""

    def sm4_gcm_open(self, key: bytes, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
        """What was sealed. Raises Tampered."""


class _Sm3:
    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.finalize()


class Software:
    """OpenSSL as ``cryptography`` carries it: the algorithms are right, the module has no certificate."""

    label = "software (OpenSSL), not a certified product"

    def random(self, size: int) -> bytes:
        return os.urandom(size)

    def sm3(self) -> Hasher:
        return _Sm3()

    def hmac_sm3(self, key: bytes, data: bytes) -> bytes:
        mac = hmac.HMAC(key, hashes.SM3())
        mac.update(data)
        return mac.finalize()

    def sm4_gcm_seal(self, key: bytes, nonce: bytes, data: bytes, place: bytes) -> bytes:
        sealing = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(place)
        return sealing.update(data) + sealing.finalize() + sealing.tag

    def sm4_gcm_open(self, key: bytes, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
        if len(sealed) < TAG:
            raise Tampered
        opening = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-TAG:])).decryptor()
        opening.authenticate_additional_data(place)
        try:
            return opening.update(sealed[:-TAG]) + opening.finalize()
        except InvalidTag as error:
            raise Tampered from error


SOFTWARE = "software"


def load(name: str) -> Provider:
    """The provider of that name, self-tested: ``software``, or ``package.module:factory``. Raises Unfit."""
    if name == SOFTWARE:
        provider: Provider = Software()
    else:
        module, _, factory = name.partition(":")
        try:
            provider = getattr(import_module(module), factory)()
        except (ImportError, AttributeError, ValueError) as error:
            raise Unfit(f"LIANSHEN_CIPHER_PROVIDER={name}: {error}") from error
    self_test(provider)
    return provider


_SM3_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
"""GB/T 32905-2016, A.1."""
_MAC_KEY = bytes(range(1, 33))
_MAC_TEXT = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2
_MAC = "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"
"""GM/T 0042-2015, D.3."""
_GCM_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
_GCM_NONCE = bytes.fromhex("00001234567800000000abcd")
_GCM_PLACE = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
_GCM_TEXT = bytes.fromhex("".join(pair * 8 for pair in ("aa", "bb", "cc", "dd", "ee", "ff", "ee", "aa")))
_GCM = (
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    "83de3541e4c2b58177e065a9bf7b62ec"
)
"""RFC 8998, A.1."""


def self_test(provider: Provider) -> None:
    """Raise Unfit unless ``provider`` gives every known answer, and refuses a ciphertext with one bit changed."""
    try:
        wrong = [name for name, right in _answers(provider) if not right]
    except Unfit:
        raise
    except Exception as error:
        raise Unfit(f"{provider.label}: the self-test of the ciphers failed: {error!r}") from error
    if wrong:
        raise Unfit(f"{provider.label}: wrong answers: {', '.join(wrong)}")


def _answers(provider: Provider) -> list[tuple[str, bool]]:
    hasher = provider.sm3()
    hasher.update(b"a")
    hasher.update(b"bc")
    sealed = bytes.fromhex(_GCM)
    damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    return [
        ("SM3", hasher.digest().hex() == _SM3_ABC),
        ("HMAC-SM3", provider.hmac_sm3(_MAC_KEY, _MAC_TEXT).hex() == _MAC),
        ("SM4-GCM", provider.sm4_gcm_seal(_GCM_KEY, _GCM_NONCE, _GCM_TEXT, _GCM_PLACE) == sealed),
        ("SM4-GCM, opening", provider.sm4_gcm_open(_GCM_KEY, _GCM_NONCE, sealed, _GCM_PLACE) == _GCM_TEXT),
        ("SM4-GCM, refusing", _refuses(provider, damaged, _GCM_PLACE) and _refuses(provider, sealed, b"elsewhere")),
        ("randomness", provider.random(KEY) != provider.random(KEY)),
    ]


def _refuses(provider: Provider, sealed: bytes, place: bytes) -> bool:
    try:
        provider.sm4_gcm_open(_GCM_KEY, _GCM_NONCE, sealed, place)
    except Tampered:
        return True
    return False
