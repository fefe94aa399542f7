"""What a password must be (D99). The numbers are the security baseline's, one set by profile; texts are Chinese.

GB/T 22239-2019 asks for complexity and regular change, ASVS 5.0 forbids both: which holds is a deployment's choice.
Passwords are taken as typed: any character, never cut off, up to ``LONGEST``.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

from lianshen.identity.types import PasswordRules
from lianshen.kernel.messages import text

PROFILES = {
    "dengbao": PasswordRules(
        shortest=10, shortest_admin=12, classes=3, max_age=timedelta(days=90), remembered=5,
    ),
    "asvs": PasswordRules(
        shortest=12, shortest_admin=15, classes=1, max_age=None, remembered=1,
    ),
}  # fmt: skip
LONGEST = 256
"""Characters of a login or password; hashing more is work for whoever sends it (D171)."""
_LETTER, _LEAST_REST = 3, 10
"""A digit weighs one and anything else three; with four letters or ten digits of one's own it is no common password."""
_DISTINCT = 5
"""Fewer different characters than these make no password."""
_LOOKALIKES = str.maketrans("@4031$5!78", "aaoelssitb")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv")


def fault(
    password: str, rules: PasswordRules, *, admin: bool, common: frozenset[str], context: Iterable[str]
) -> str | None:
    """What is wrong with ``password``, in words for the person; None when nothing is.

    ``context`` are words that anybody would guess of this account: its login, the person's name, the jurisdiction.
    """
    shortest = rules.shortest_admin if admin else rules.shortest
    plain = password.casefold()
    checks: tuple[tuple[Callable[[], bool], str, dict[str, int]], ...] = (
        (lambda: len(password) < shortest, "short", {"shortest": shortest}),
        (lambda: len(password) > LONGEST, "long", {"longest": LONGEST}),
        (lambda: _classes(password) < rules.classes, "classes", {"classes": rules.classes}),
        (lambda: len(set(password)) < _DISTINCT, "plain", {}),
        (lambda: any(len(word.encode()) > 3 and word.casefold() in plain for word in context), "context", {}),
        (lambda: _is_common(plain, common), "common", {}),
    )
    return next((text(f"password.{code}", **values) for holds, code, values in checks if holds()), None)


def _classes(password: str) -> int:
    kinds = (str.islower, str.isupper, str.isdigit)
    found = {next((place for place, kind in enumerate(kinds) if kind(one)), len(kinds)) for one in password}
    return len(found)


def _is_common(plain: str, common: frozenset[str]) -> bool:
    """True when little is left of it after the words that everybody takes, look-alikes and rows of keys are taken out.

    This finds more than a list could name: ``P@ssw0rd2026`` is a common word and a year.
    """
    return any(_little_left(form, common) for form in {plain, plain.translate(_LOOKALIKES)})


def _little_left(plain: str, common: frozenset[str]) -> bool:
    left, at = 0, 0
    while at < len(plain):
        step = max(_run(plain, at), _word(plain, at, common))
        if not step:
            left += 1 if plain[at].isdigit() else _LETTER
        at += max(step, 1)
    return left < _LEAST_REST


def _word(plain: str, at: int, common: frozenset[str]) -> int:
    """The length of the longest common word that begins here."""
    return next((size for size in range(min(16, len(plain) - at), 3, -1) if plain[at : at + size] in common), 0)


def _run(plain: str, at: int) -> int:
    """The length of the row of neighbouring keys, letters or equal characters that begins here; 0 below four."""
    longest = 1
    while at + longest < len(plain) and plain[at + longest] == plain[at]:
        longest += 1
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        size = longest
        while at + size < len(plain) and plain[at : at + size + 1] in row:
            size += 1
        longest = max(longest, size)
    return longest if longest > 3 else 0
