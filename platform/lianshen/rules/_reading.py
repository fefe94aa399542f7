"""What stands in a pack, read out in Chinese: keys, codes, conditions and numbers, for people who never see YAML."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lianshen.rules._entry import Entry
from lianshen.rules._notes import NOTES
from lianshen.rules._pack import Pack

_HEAD = re.compile(r"[^，：（；,]+")
_KEYS = {
    "clause": "依据",
    "status": "状态",
    "choice": "方式",
    "strength": "刚性",
    "duty": "职责",
    "kind": "填写方式",
    "type": "类型",
    "subject": "属于",
    "answer": "结论",
    "prevails": "以何者为准",
    "direction": "方向",
    "options_from": "选项来自",
    "bound": "日期限制",
    "effects": "随之",
    "events": "在哪些事件时告知",
}
"""Keys whose note begins with the codes that may stand there, or is too long to be a name."""
_SHORT = 60
_AROUND = 5
_KINDS = {
    "actions": "办理事项",
    "clauses": "条文",
    "clocks": "期限",
    "notices": "提示",
    "parameters": "数值",
    "amendable": "何时可以修改申报",
    "dates": "推出的日期",
    "figures": "推出的数额",
}
_CODES = {
    "absolute": "绝对",
    "in_principle": "原则上",
    "law": "已施行",
    "draft": "草案",
    "yes": "是",
    "no": "否",
    "undetermined": "未作定论",
    "may_combine": "可以合并",
    "may_skip": "可以免报",
    "apply": "申报",
    "review": "审核",
    "approve": "审批",
    "before": "之前",
    "after": "之后",
    "none": "无",
    "next_working_day": "顺延至下一工作日",
    "counted": "计入",
    "not_counted": "不计入",
    "project_unit": "项目单位",
    "opinions_pending": "尚未反馈意见的单位",
    "own": "本地",
    "inherited": "所沿用的",
}
_CLOSED = frozenset(
    {"status", "answer", "choice", "strength", "duty", "rolling", "first_day", "direction", "prevails", "unit"}
)
"""Keys whose codes are those of the language itself."""
_STANDS_FOR = {
    "papers": "documents",
    "of": "documents",
    "steps": "steps",
    "leads_to": "steps",
    "blocks": "blocks",
    "enforced_by": "blocks",
    "contents": "contents",
    "phases": "phases",
    "clocks": "clocks",
    "starts": "clocks",
    "stops": "clocks",
    "due_clock": "clocks",
    "actions": "actions",
    "for": "actions",
    "with": "actions",
    "closes": "actions",
    "at": "events",
    "before": "events",
    "events": "events",
    "by": "bodies",
    "owed_by": "bodies",
    "owed_to": "bodies",
    "overridable_by": "bodies",
    "decided_by": "bodies",
}
"""Keys whose codes are of one kind: a code may name a paper and an act as well."""
_UNITS = {
    "yuan": "元",
    "working_day": "个工作日",
    "day": "日",
    "month": "个月",
    "year": "年",
    "percent": "%",
    "per_mille": "‰",
    "count": "",
    "month_day": "",
}
_OPENS, _CLOSES = "\1", "\2"
"""Brackets of a condition, until those are gone that hold no more than one question."""
_SIGNS = {
    "&&": " 且 ",
    "||": " 或 ",
    "!": "非",
    "==": "为",
    "!=": "不为",
    "<=": "不超过",
    ">=": "不低于",
    "<": "低于",
    ">": "超过",
    "in": "属于",
    "+": "＋",
    "-": "－",
    "*": "×",
    "/": "÷",
    "%": "除余",
    ",": "、",
    "(": _OPENS,
    ")": _CLOSES,
    "[": "“",
    "]": "”",
    "?": "时为",
    ":": "，否则为",
    ".": "的",
    "true": "总是",
    "false": "从不",
    "given": "已填报的事项",
    "today": "当天",
    "year": "当年",
    "size": "个数",
    "tier": "档次",
}
CONDITIONS = frozenset({"when", "done", "present", "computes", "amendable"})
_LITERAL = re.compile(r"""(['"])(.*)\1""")
_LONE = re.compile(f"{_OPENS}([^{_OPENS}{_CLOSES}且或]*){_CLOSES}")


def key_said(shape: str, key: str) -> str:
    """What a key of an entry is called."""
    note = NOTES.get(f"{shape}.{key}") or NOTES.get(key, (key, key))
    head = _HEAD.match(note[0])
    assert head is not None
    own = f"{shape}.{key}" in NOTES and not head[0].isascii()
    return head[0] if own else _KEYS.get(key, head[0])


def kind_said(key: str) -> str:
    """What the rules under a top-level key of a pack are called."""
    return _KINDS.get(key) or key_said("Law", key)


def code_said(pack: Pack, code: str, under: str = "") -> str:
    """What a code is called that stands ``under`` a key; the code itself, where it has no name."""
    words = pack.vocabulary
    names: dict[str, Mapping[str, str]] = {
        "actions": {name: rule.shut.label for name, rule in pack.actions.items()},
        "clocks": {name: rule.clock.label for name, rule in pack.clocks.items()},
        "facts": {name: fact.label for name, fact in words.facts.items()},
        "parameters": {name: rule.text for name, rule in pack.written.parameters.items()},
        "tiers": {tier.code: tier.label for axis in pack.axes for tier in axis.tiers},
        "bodies": words.bodies,
        "documents": words.documents,
        "steps": words.steps,
        "blocks": words.blocks,
        "contents": words.contents,
        "events": words.events,
        "phases": {rule.phase: rule.label for rule in pack.written.phases},
        "managements": pack.managements,
        "codes": _CODES,
    }
    wanted = names.get(_STANDS_FOR.get(under, ""), {})
    return next((known[code] for known in (wanted, *names.values()) if code in known), _reading(pack, code))


def _reading(pack: Pack, code: str) -> str:
    """What a person decided of a disputed point (``<code>=other``); the code itself, where it is something else."""
    point, _, which = code.partition("=")
    for dispute in pack.written.disputes:
        if dispute.code and dispute.code == point:
            return f"{dispute.point}：{dispute.other if which == 'other' else dispute.reading}"
    return code


def value_said(pack: Pack, key: str, value: Any) -> str:
    """One value as people read it; ``key`` is what it stands under."""
    match value:
        case str() if key in CONDITIONS:
            said = condition_said(pack, value)
        case str() if key == "clause" and value in pack.written.clauses:
            clause = pack.written.clauses[value]
            said = f"{clause.article}“{clause.quotation}”"
        case bool():
            said = "是" if value else "否"
        case list():
            said = "、".join(value_said(pack, key, one) for one in value)
        case dict():
            said = "；".join(f"{code_said(pack, one)}：{value_said(pack, '', other)}" for one, other in value.items())
        case Entry():
            said = "；".join(value_said(pack, "", getattr(value, name)) for name in value.__struct_fields__)
        case str() if key in _CLOSED:
            said = _UNITS[value] if key == "unit" else _CODES[value]
        case str():
            said = code_said(pack, value, key)
        case _:
            said = "" if value is None else str(value)
    return said or "无"


def number_said(unit: str, value: int | str) -> str:
    """A parameter's value with its unit: 1,000,000 元."""
    return f"{value:,} {_UNITS[unit]}".rstrip() if isinstance(value, int) else value


def strength_said(strength: str) -> str:
    """Whether a block can be lifted."""
    return _CODES[strength]


def condition_said(pack: Pack, text: str) -> str:
    """A condition in words, every shared one spelled out: 「项目类型」为“新建” 且 「总投资」不超过“50万元”."""
    return _joined(_words(pack, pack.program.tokens(text)))


def conditions_said(old: Pack, before: str, new: Pack, after: str) -> tuple[str, str]:
    """Two conditions in words, or of long ones where they differ."""
    said = condition_said(old, before), condition_said(new, after)
    if max(map(len, said)) <= _SHORT:
        return said
    ones, others = list(_words(old, old.program.tokens(before))), list(_words(new, new.program.tokens(after)))
    start = _shared(ones, others)
    end = _shared(ones[start:][::-1], others[start:][::-1])
    return _part_of(ones, start, end), _part_of(others, start, end)


def _shared(ones: Sequence[str], others: Sequence[str]) -> int:
    """How many words both begin with."""
    pairs = zip(ones, others, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(ones), len(others)))


def _part_of(words: Sequence[str], start: int, end: int) -> str:
    first, last = max(start - _AROUND, 0), min(len(words) - end + _AROUND, len(words))
    return ("……" if first else "") + _joined(words[first:last]) + ("……" if last < len(words) else "")


def _joined(words: Iterable[str]) -> str:
    said = "".join(words)
    while (plainer := _unwrapped(_LONE.sub(r"\1", said).strip())) != said:
        said = plainer
    return re.sub(" +", " ", said.replace(_OPENS, "（").replace(_CLOSES, "）")).strip()


def _unwrapped(said: str) -> str:
    """Without the brackets around the whole."""
    depth = 0
    for place, sign in enumerate(said):
        depth += (sign == _OPENS) - (sign == _CLOSES)
        if depth == 0:
            return said[1:-1] if place == len(said) - 1 > 0 else said
    return said


def _words(pack: Pack, words: list[str]) -> Iterator[str]:
    options: Mapping[str, str] = {}
    listing = False
    for word in words:
        literal = _LITERAL.fullmatch(word)
        fact = pack.vocabulary.facts.get(word)
        listing = word == "[" or (listing and word != "]")
        if literal is not None:
            named = options.get(literal[2]) or (code_said(pack, literal[2]) if literal[2] else "未填")
            yield named if listing else f"“{named}”"
        elif fact is not None:
            options = fact.options
            yield f"「{fact.label}」"
        elif word in pack.written.parameters:
            yield number_said(pack.written.parameters[word].unit, pack.written.parameters[word].value)
        elif any(axis.variable == word for axis in pack.axes):
            axis = next(axis for axis in pack.axes if axis.variable == word)
            options = {tier.code: tier.label for tier in axis.tiers}
            yield "「档次」"
        else:
            yield _SIGNS.get(word, word)
