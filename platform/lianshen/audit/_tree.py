"""Roots and proofs of a tenant's Merkle tree (RFC 9162, 2.1), from the few hashes that they need.

Leaves are the digests of the events. A hash is a pair, SM3 and SHA-256, and each algorithm has a tree of its own.
Hashes of whole subtrees of 256, 65,536 … leaves are kept, so that nothing grows with the ledger but a logarithm.
"""

from collections.abc import Iterable

from lianshen.audit.verify import ALGORITHMS, node

STEP = 8
"""Levels between hashes that are kept."""
LEVELS = (8, 16, 24, 32)

Pair = tuple[bytes, bytes]
Known = dict[tuple[int, int], Pair]
"""Hashes by level (0: leaves) and position from 0."""


def spans(points: Iterable[int], size: int) -> dict[int, set[range]]:
    """Positions by level that roots and proofs around ``points`` need, in a tree of ``size`` leaves."""
    wanted: dict[int, set[range]] = {}
    for level in (0, *LEVELS):
        for point in points:
            first = point >> (level + STEP) << STEP
            wanted.setdefault(level, set()).add(range(first, min(first + (1 << STEP), size >> level)))
    return wanted


def subtree(known: Known, first: int, end: int) -> Pair:
    """The root over the leaves from ``first`` to before ``end``. Raises KeyError when hashes are missing."""
    count = end - first
    level = count.bit_length() - 1
    if count == 1 << level and first % count == 0 and (level, first >> level) in known:
        return known[level, first >> level]
    if count == 1:
        raise KeyError((0, first))
    middle = first + _left(count)
    return _joined(subtree(known, first, middle), subtree(known, middle, end))


def grown(known: Known, old: int, new: int) -> Known:
    """The kept hashes that leaves ``old`` to ``new`` complete; ``known`` gets them too."""
    fresh: Known = {}
    for level in LEVELS:
        for position in range(old >> level, new >> level):
            value = subtree(known, position << level, (position + 1) << level)
            known[level, position] = fresh[level, position] = value
    return fresh


def inclusion(known: Known, index: int, size: int) -> list[Pair]:
    """The path from the leaf at ``index`` to the root of the tree of ``size`` leaves, lowest first."""
    return _path(known, index, 0, size)


def _path(known: Known, index: int, first: int, end: int) -> list[Pair]:
    if end - first == 1:
        return []
    middle = first + _left(end - first)
    if index < middle:
        return [*_path(known, index, first, middle), subtree(known, middle, end)]
    return [*_path(known, index, middle, end), subtree(known, first, middle)]


def consistency(known: Known, old: int, new: int) -> list[Pair]:
    """What shows that the tree of ``old`` leaves is the beginning of that of ``new``."""
    return _subproof(known, old, 0, new, whole=True)


def _subproof(known: Known, old: int, first: int, end: int, *, whole: bool) -> list[Pair]:
    count = end - first
    if old == count:
        return [] if whole else [subtree(known, first, end)]
    left = _left(count)
    middle = first + left
    if old <= left:
        return [*_subproof(known, old, first, middle, whole=whole), subtree(known, middle, end)]
    return [*_subproof(known, old - left, middle, end, whole=False), subtree(known, first, middle)]


def _left(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _joined(left: Pair, right: Pair) -> Pair:
    sm3, sha256 = (node(name, left[at], right[at]) for at, name in enumerate(ALGORITHMS))
    return sm3, sha256
