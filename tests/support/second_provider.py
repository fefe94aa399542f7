"""Another module that computes the same: SM3 by hashlib, GCM (NIST SP 800-38D) written out over single SM4 blocks.

It stands for a certified module: chosen by the same setting, held to the same known answers, and independent of
the first one's GCM. Slow, for tests alone.
"""

import hashlib
import hmac
import os
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lianshen.kernel._provider import TAG, Hasher, Tampered

_R = 0xE1 << 120


class Second:
    label = "second provider, of the tests"

    def random(self, size: int) -> bytes:
        return os.urandom(size)

    def sm3(self) -> Hasher:
        return hashlib.new("sm3")

    def hmac_sm3(self, key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, "sm3").digest()

    def sm4_gcm_seal(self, key: bytes, nonce: bytes, data: bytes, place: bytes) -> bytes:
        return (text := _counted(key, nonce, data)) + _tag(key, nonce, text, place)

    def sm4_gcm_open(self, key: bytes, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
        text, tag = sealed[:-TAG], sealed[-TAG:]
        if len(sealed) < TAG or not compare_digest(tag, _tag(key, nonce, text, place)):
            raise Tampered
        return _counted(key, nonce, text)


def _block(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.SM4(key), modes.ECB()).encryptor().update(block)


def _counted(key: bytes, nonce: bytes, data: bytes) -> bytes:
    stream = b"".join(_block(key, nonce + (number + 2).to_bytes(4, "big")) for number in range((len(data) + 15) // 16))
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


def _tag(key: bytes, nonce: bytes, text: bytes, place: bytes) -> bytes:
    point, sum_ = int.from_bytes(_block(key, bytes(16)), "big"), 0
    lengths = (len(place) * 8).to_bytes(8, "big") + (len(text) * 8).to_bytes(8, "big")
    for part in (place, text, lengths):
        for at in range(0, len(part), 16):
            sum_ = _times(sum_ ^ int.from_bytes(part[at : at + 16].ljust(16, b"\0"), "big"), point)
    mask = int.from_bytes(_block(key, nonce + b"\0\0\0\1"), "big")
    return (sum_ ^ mask).to_bytes(16, "big")


def _times(one: int, other: int) -> int:
    product = 0
    for bit in range(127, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (_R if other & 1 else 0)
    return product
