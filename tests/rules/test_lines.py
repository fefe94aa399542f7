"""A line is cut exactly where the answer changes, whatever points were tried."""

from hypothesis import given
from hypothesis import strategies as st

from lianshen.rules._lines import stretches

NUMBERS = st.integers(-(10**9), 10**9)


@given(st.lists(NUMBERS, min_size=2, max_size=2, unique=True), st.lists(NUMBERS, max_size=5))
def test_one_bound_is_found_from_any_points(bounds, points):
    low, high = sorted(bounds)
    found = stretches(lambda point: low <= point < high, [*points, low - 1, low, high, -(10**9), 10**9 + 1])
    assert [(one.low, one.high) for one in found if one.answer] == [(low, high - 1)]


@given(NUMBERS)
def test_a_stretch_without_an_end_has_none(bound):
    below, above = stretches(lambda point: point >= bound, [-(10**10), 10**10])
    assert (below.low, below.high, above.low, above.high) == (None, bound - 1, bound, None)
    assert (above.near(bound - 5), below.near(bound + 5), above.near(bound + 7)) == (bound, bound - 1, bound + 7)
