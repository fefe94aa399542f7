"""Passwords hashed the same way and quickly: a fifth of the suite's time would otherwise go into being slow on purpose.

What the product really hashes with is tried in ``tests.identity.test_passwords``.
"""

from argon2 import PasswordHasher

from lianshen.identity import _secrets

REAL = _secrets._HASHER, _secrets._NOBODY


def hash_quickly() -> None:
    """From now on in this process."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    _secrets._HASHER, _secrets._NOBODY = quick, quick.hash("nobody")


def hash_as_served() -> None:
    """Undo ``hash_quickly``."""
    _secrets._HASHER, _secrets._NOBODY = REAL
