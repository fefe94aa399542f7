"""Chinese sentences of this module, by code; those of refusals stand with all others in the kernel."""

_TEXTS = {
    "year": "全国放假安排",
    "local": "地方假日",
    "emergency": "应急停办",
    "year_shape": "请填写四位年份。",
    "effect": "请选择停办期间的期限怎样计算。",
    "same": "与现行的日历完全相同。",
    "not_stopped": "{day} 不在已登记的停办日中。",
    "none_chosen": "请至少选择一项期限。",
    "shortened": "{day}已经过去，期限不能提前到今天以前。",
    "act.put_up": "登记工作日历，待批准",
    "act.note": "{year}年{kind}，{numbers}",
    "act.publish": "批准工作日历生效",
    "act.publish.note": "第{number}版，{named}；{planner}登记",
    "act.withdraw": "撤回工作日历登记",
    "act.hold": "有期限待决定是否随日历变动",
    "act.hold.note": "日历有变化，{count} 项期限已到期、已通知或会提前，不自动变动，请到“工作日历”决定。",
    "act.keep": "期限不随日历变动",
    "act.keep.note": "维持{before}，不改为{after}；{reason}",
    "act.horizon": "请登记{year}年放假安排",
    "act.horizon.note": "已登记的放假安排到{day}为止，还有 {left} 天。{year}年的期限只能暂按星期计算。",
}


def text(code: str, **values: object) -> str:
    """The sentence of ``code``."""
    return _TEXTS[code].format(**values)
