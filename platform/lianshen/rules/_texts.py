"""The texts of regulations, for whoever holds them: what a pack quotes stands in the article that it names.

A text is Markdown: an article begins with ``**第十六条**``, its items with （一）, a preamble or an annex with a
heading ``## 序言`` or ``## 附件1 …``. Headings of chapters and the editor's notes belong to no article.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lianshen.rules._schema import Clause
from lianshen.rules._source import PackError, Source

_PART = re.compile(r"^(?:\*\*(第[一二三四五六七八九十百]+条)\*\*|## (序言|附件\d*).*|##? .*)", re.MULTILINE)
_ITEM = re.compile(r"^（([一二三四五六七八九十]+)）", re.MULTILINE)


def articles(text: str) -> dict[str, str]:
    """Each article, preamble and annex, and each of their numbered items, by the name by which it is cited."""
    found: dict[str, str] = {}
    marks = list(_PART.finditer(text))
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        name = mark[1] or mark[2]
        if name is None:
            continue
        body = text[mark.end() : after.start() if after else len(text)]
        found[name] = body
        items = _ITEM.split(body)
        found |= {f"{name}（{item}）": said for item, said in zip(items[1::2], items[2::2], strict=True)}
    return found


def check_quotations(source: Source, clauses: Mapping[str, Clause], texts: Path) -> Iterator[PackError]:
    """Every quotation of a pack stands word for word in its article of ``<name of the jurisdiction>.md`` in ``texts``.

    What is inherited quotes another text.
    """
    text = texts / f"{source.folder.absolute().parent.name.partition('-')[2]}.md"
    if not text.is_file():
        yield source.error(("instrument",), "no_text", text=text)
        return
    law = articles(text.read_text(encoding="utf-8"))
    for name, clause in clauses.items():
        if ("clauses", name) in source.inherited:
            continue
        if clause.article not in law:
            yield source.error(("clauses", name, "article"), "no_article", name=name, article=clause.article)
        elif clause.quotation not in law[clause.article]:
            spot = ("clauses", name, "quotation")
            yield source.error(spot, "not_quoted", name=name, article=clause.article, text=clause.quotation)
