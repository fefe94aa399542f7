"""What messages say: words with places for what happened. Pure."""

import re
from collections.abc import Mapping

from lianshen.channels._messages import DEFAULTS
from lianshen.channels.types import PERSONAL, Item
from lianshen.kernel.clock import SHANGHAI
from lianshen.kernel.words import day

SLOTS: tuple[str, ...] = (
    "标题", "正文", "项目名称", "项目编号", "事项", "办理人", "条款", "说明", "时间", "地区", "收件人", "链接",
)  # fmt: skip
"""Every placeholder there is."""
_SLOT = re.compile(r"\{([^{}\n]*)\}")
_LONGEST = {"subject": 200, "body": 4000}


def slots_of(channel: str) -> tuple[str, ...]:
    """The placeholders that a template of ``channel`` may use: a group is nobody's person."""
    return SLOTS if channel in PERSONAL else tuple(name for name in SLOTS if name != "收件人")


def writable() -> list[tuple[str, str]]:
    """Every (way, kind) that a template can be written for."""
    return list(DEFAULTS)


def unknown(channel: str, written: str) -> list[str]:
    """Placeholders in ``written`` that a template of ``channel`` does not know, each once."""
    found = dict.fromkeys(name.strip() for name in _SLOT.findall(written))
    return [name for name in found if name not in slots_of(channel)]


def too_long(field: str, written: str) -> int | None:
    """The most characters that ``field`` (subject, body) may have, when ``written`` has more."""
    return _LONGEST[field] if len(written) > _LONGEST[field] else None


def fill(written: str, words: Mapping[str, str]) -> str:
    """``written`` with its placeholders filled. Lines that only held empty ones are left out."""
    lines = []
    for line in written.split("\n"):
        names = [name.strip() for name in _SLOT.findall(line)]
        filled = _SLOT.sub(lambda found: words.get(found[1].strip(), found[0]), line)
        bare = _SLOT.sub("", line).strip()
        if names and not any(words.get(name) for name in names) and (not bare or bare.endswith(("：", ":", "（）"))):
            continue
        lines.append(filled)
    return "\n".join(lines).strip()


def words_of(item: Item, *, tenant_name: str, recipient: str, base: str) -> dict[str, str]:
    """The placeholders' values for one event; ``base`` is the address under which people open this instance."""
    local = item.at.astimezone(SHANGHAI)
    return {
        "标题": item.subject or item.label,
        "正文": item.body,
        "项目名称": item.title,
        "项目编号": item.number,
        "事项": item.label,
        "办理人": item.actor,
        "条款": item.article,
        "说明": item.note,
        "时间": f"{day(local.date())} {local:%H:%M}",
        "地区": tenant_name,
        "收件人": recipient,
        "链接": f"{base.rstrip('/')}{item.place}" if base else "",
    }
