"""The frozen encoding: golden vectors that must verify for ever, and no two records that encode alike (D124, D129)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.audit import _chain
from lianshen.audit.verify import decoded

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
    "encoding": 1,
}
SM3 = "77712ffa9bd6d7cb5950384a283d39617f2741926ec5d7b97cd63ce6081c7143"
SHA256 = "b9687da8abbc119ced37acdf6b29144b763fe3984db1bd0f73b603e247217b64"
SECOND = RECORD | {
    "encoding": 2,
    "result": "done",
    "source": "192.0.2.7",
    "law": "320723@2025-09-06 8b6d0d1c cn-2026-1",
}
SECOND_SM3 = "66d56c9345df2b813e7914d4d53ee084b055b567de55c20de46786fb250125b3"
SECOND_SHA256 = "7c01deb1cd3ad8f755c6c1b103f72fe64b309e37dc1f38068bd79afd249b1d03"


@pytest.mark.demand("D124", "D129")
def test_golden_vector_of_the_first_encoding():
    found = _chain.digest(_chain.GENESIS, RECORD)
    assert (found.sm3.hex(), found.sha256.hex()) == (SM3, SHA256)


def test_golden_vector_of_the_second_encoding():
    found = _chain.digest(_chain.GENESIS, SECOND)
    assert (found.sm3.hex(), found.sha256.hex()) == (SECOND_SM3, SECOND_SHA256)


def test_records_of_two_encodings_never_look_alike():
    assert decoded(_chain.leaf(_chain.GENESIS, SECOND))["source"] == "192.0.2.7"
    assert "source" not in decoded(_chain.leaf(_chain.GENESIS, RECORD))


@pytest.mark.parametrize("name", _chain.FIELDS[2])
def test_every_field_counts(name):
    other = "别的" if isinstance(SECOND[name], str) else {"x": 1} if name == "facts" else UUID(int=99)
    assert _chain.digest(_chain.GENESIS, SECOND | {name: other}) != _chain.digest(_chain.GENESIS, SECOND)


def test_the_predecessor_counts():
    assert _chain.digest(b"\x01" * 64, RECORD) != _chain.digest(_chain.GENESIS, RECORD)


texts = st.text(max_size=8)
NAMES = [name for name in _chain.FIELDS[2] if isinstance(SECOND[name], str)]
records = st.fixed_dictionaries(dict.fromkeys(NAMES, texts) | {"encoding": st.sampled_from([1, 2])})


@pytest.mark.demand("D124")
@given(records, records)
def test_different_records_never_encode_alike(one, two):
    def held(record):
        return {name: record[name] for name in (*_chain.FIELDS[record["encoding"]], "encoding") if name in record}

    left, right = (_chain.encode(SECOND | record) for record in (one, two))
    assert (left == right) == (held(one) == held(two))


@given(records)
def test_what_is_encoded_can_be_read_again(record):
    found = decoded(_chain.leaf(_chain.GENESIS, SECOND | record))
    assert found | {name: record[name] for name in NAMES if name in found} == found
