"""How a fault of a pack is told, in Chinese and in English; by code, see _faults_of_writing and _faults_of_rules."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import NamedTuple

_ALIKE = 0.7
_TOLD = 12


class Both(NamedTuple):
    """A word in both languages, put into a sentence in the language of the sentence."""

    zh: str
    en: str


class Fault(NamedTuple):
    """What is wrong and what to do, once in each language; ``{name}`` stands for a value."""

    zh: str
    zh_remedy: str
    en: str
    en_remedy: str

    def filled(self, **values: object) -> "Fault":
        """The sentences with their values."""
        zh = {name: value.zh if isinstance(value, Both) else value for name, value in values.items()}
        en = {name: value.en if isinstance(value, Both) else value for name, value in values.items()}
        return Fault(
            self.zh.format(**zh), self.zh_remedy.format(**zh), self.en.format(**en), self.en_remedy.format(**en)
        )


def nearest(name: str, known: Iterable[str]) -> Both:
    """The known word that ``name`` is most like, as a question after what to do; nothing where none is like it."""
    for word in get_close_matches(name, sorted(known), 1, _ALIKE):
        return Both(f" 是否为“{word}”？", f" Is it '{word}'?")
    return Both("", "")


def some(known: Collection[str]) -> Both:
    """Words to choose from, the first of many."""
    told = sorted(known)[:_TOLD]
    more = len(known) - len(told)
    zh, en = (f" 等 {len(known)} 个", f" and {more} more") if more else ("", "")
    return Both("、".join(told) + zh, ", ".join(told) + en) if told else Both("没有", "nothing")
