"""What numbers the words of a regulation state."""

import pytest

from lianshen.rules._numbers import stated


@pytest.mark.parametrize(
    ("text", "unit", "numbers"),
    [
        ("50万元（含）以上", "yuan", {500_000}),
        ("超过500万元（含）", "yuan", {5_000_000}),
        ("500万以上", "yuan", {5_000_000}),
        ("５０万元", "yuan", {500_000}),
        ("1,500,000元", "yuan", {1_500_000}),
        ("1.5亿元", "yuan", {150_000_000}),
        ("1亿5000万元", "yuan", {150_000_000}),
        ("5千万元", "yuan", {50_000_000}),
        ("一千五百万元", "yuan", {15_000_000}),
        ("5000万元至1500万元（含）", "yuan", {50_000_000, 15_000_000}),
        ("499999.99元", "yuan", set()),
        ("3万人次", "yuan", set()),
        ("10个工作日内", "working_day", {10}),
        ("十五个工作日", "working_day", {15}),
        ("10个工作日内", "day", set()),
        ("30日内", "day", {30}),
        ("提前30天", "day", {30}),
        ("两周内", "day", {14}),
        ("每年12月31日", "day", set()),
        ("半年内", "month", {6}),
        ("3个月内", "month", {3}),
        ("一个季度", "month", {3}),
        ("滞后一年以上", "month", {12}),
        ("一年半", "month", {18}),
        ("不少于3年", "year", {3}),
        ("两年", "year", {2}),
        ("2025年9月6日", "year", set()),
        ("7月底前", "month_day", {"07-31"}),
        ("2月末", "month_day", {"02-28"}),
        ("每年年底前", "month_day", {"12-31"}),
        ("年度预算结束后", "month_day", {"12-31"}),
        ("次年1月31日", "month_day", {"01-31"}),
        ("十二月三十一日", "month_day", {"12-31"}),
        ("13月1日", "month_day", set()),
        ("不超过概算总投资10%", "percent", {10}),
        ("百分之十五", "percent", {15}),
        ("三成", "percent", {30}),
        ("千分之五", "per_mille", {5}),
        ("5‰", "per_mille", {5}),
        ("三次", "count", {3}),
        ("下一年度", "count", {1}),
        ("及时", "day", set()),
    ],
)
def test_words_state_numbers(text: str, unit: str, numbers: set[int | str]) -> None:
    assert stated(text, unit) == numbers  # type: ignore[arg-type]
