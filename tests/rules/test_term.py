"""The first and the last day of a law are those that its clause states."""

import pytest

from lianshen.rules._term import contradicted

SINCE = "2025-09-06"


@pytest.mark.parametrize(
    ("quotation", "until", "told"),
    [
        ("本办法自印发之日起施行", None, {}),
        ("本办法自印发之日起施行", "2027-09-05", {}),
        ("有效期至2027年9月5日", "2027-09-05", {}),
        ("有效期至2027年9月5日", "2027-09-06", {"until": "2027-09-05"}),
        ("有效期至二〇二七年九月五日", "2027-09-06", {"until": "2027-09-05"}),
        ("有效期至２０２７年９月５日", None, {"until": "2027-09-05"}),
        ("2027年9月5日失效", "2027-12-31", {"until": "2027-09-05"}),
        ("自2025年9月6日起施行", None, {}),
        ("自2025年9月7日起施行", None, {"from": "2025-09-07"}),
        ("自2025年9月6日起施行，有效期两年", "2027-09-05", {}),
        ("自2025年9月6日起施行，有效期两年", "2027-09-06", {}),
        ("自2025年9月6日起施行，有效期两年", "2028-09-05", {"until": "2027-09-05"}),
        ("自2025年9月6日起施行，有效期5年", None, {"until": "2030-09-05"}),
        ("自印发之日起试行一年", "2026-09-05", {}),
        ("自印发之日起试行，有效期为18个月", "2027-03-06", {}),
        ("自印发之日起试行，有效期为18个月", "2026-03-05", {"until": "2027-03-05"}),
        ("2020年5月1日印发的办法同时废止", None, {}),
        ("原办法自2025年9月7日起废止", None, {}),
        ("2025年度的项目仍按原办法执行", "2027-09-05", {}),
    ],
)
def test_days_that_differ_from_the_quotation_are_told(quotation: str, until: str | None, told: dict[str, str]) -> None:
    assert {key: says for key, _, says in contradicted(quotation, SINCE, until)} == told


def test_a_leap_day_has_no_year_later() -> None:
    assert list(contradicted("自2024年2月29日起施行，有效期1年", "2024-02-29", "2025-02-28")) == []
