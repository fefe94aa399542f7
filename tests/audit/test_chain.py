"""The frozen encoding: golden vectors that must verify for ever, and no two records that encode alike (D124, D129)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.audit import _chain

RECORD = {
    "tenant": "320723",
    "seq": 1,
    "id": UUID(int=1),
    "project": UUID(int=2),
    "at": datetime(2026, 3, 4, 1, 2, 3, 456789, tzinfo=UTC),
    "action": "projects.submit",
    "label": "提交申报",
    "person": UUID(int=3),
    "post": UUID(int=4),
    "office": UUID(int=5),
    "actor": "县教育局 申报岗",
    "article": "第八条",
    "facts": {"submitted": [None, True], "project_budget": [49999999, 50000000]},
    "note": "",
    "request_id": "r-1",
}
SM3 = "77712ffa9bd6d7cb5950384a283d39617f2741926ec5d7b97cd63ce6081c7143"
SHA256 = "b9687da8abbc119ced37acdf6b29144b763fe3984db1bd0f73b603e247217b64"


@pytest.mark.demand("D124", "D129")
def test_golden_vector_of_the_first_encoding():
    found = _chain.digest(_chain.GENESIS, RECORD)
    assert (found.sm3.hex(), found.sha256.hex()) == (SM3, SHA256)


@pytest.mark.parametrize("name", _chain.FIELDS)
def test_every_field_counts(name):
    changed = RECORD | {
        name: "别的" if isinstance(RECORD[name], str) else {"x": 1} if name == "facts" else UUID(int=99)
    }
    assert _chain.digest(_chain.GENESIS, changed) != _chain.digest(_chain.GENESIS, RECORD)


def test_the_predecessor_counts():
    assert _chain.digest(b"\x01" * 64, RECORD) != _chain.digest(_chain.GENESIS, RECORD)


texts = st.text(max_size=8)


@pytest.mark.demand("D124")
@given(texts, texts, texts, texts)
def test_moving_text_between_fields_never_encodes_alike(a, b, c, d):
    one = RECORD | {"label": a, "actor": b}
    two = RECORD | {"label": c, "actor": d}
    assert (_chain.encode(one) == _chain.encode(two)) == ((a, b) == (c, d))
