"""How a fault of a pack is told, in Chinese and in English; by code, see _faults_of_writing and _faults_of_rules."""

from typing import NamedTuple


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
