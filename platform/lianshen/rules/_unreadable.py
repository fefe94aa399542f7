"""What is wrong with the YAML of a file, for people: the reader and libyaml below it say so in English only."""

import re

from lianshen.rules._faults import Both

_CHINESE = {
    r"not UTF-8": "不是 UTF-8 编码",
    r"the character (.+) is not allowed": r"不能有字符 \1（如制表符）",
    r"duplicate key (.+)": r"键 \1 重复",
    r"a key must be text": "键须是文字",
    r"anchors, aliases and tags are not allowed": "不能用锚点（&）、引用（*）和标签（!）",
    r"directives are not allowed": "不能用指令（%）",
    r"only one document is allowed": "一个文件只能写一份，不用“---”分开",
    r"\w+ is not allowed here: (.*); quote it": r"\1 不是文字，要作为文字请加引号",
    r"mapping values are not allowed in this context": "此处不能再写“键: 值”，请检查缩进，含冒号的文字请加引号",
    r"(did not find|could not find) expected .*indicator": "缩进不齐，此处应是列表的下一项（-）",
    r"did not find expected key": "缩进不齐，此处应是一个键",
    r"did not find expected ',' or '(.)'": r"缺少逗号或“\1”",
    r"could not find expected ':'": "键的后面缺少冒号",
    r"found character that cannot start any token": "文字不能以此字符开头，请加引号",
    r"found unexpected end of stream": "引号或括号没有收尾",
}
_OTHERWISE = "不合 YAML 的写法，请检查缩进、引号和括号"


def syntax(problem: str) -> Both:
    """The ``problem`` of a StrictYamlError in both languages."""
    for pattern, chinese in _CHINESE.items():
        if found := re.fullmatch(pattern, problem):
            return Both(found.expand(chinese), problem)
    return Both(_OTHERWISE, problem)
