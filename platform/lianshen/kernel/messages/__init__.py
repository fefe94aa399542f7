"""The message catalogue: every Chinese sentence that code itself may answer with, by code.

Texts of pages live in templates, texts of the law in packs.
"""

from lianshen.kernel.messages import _acts, _refusals, _words

_TEXTS = {**_refusals.TEXTS, **_acts.TEXTS, **_words.TEXTS}


def text(code: str, **values: object) -> str:
    """The sentence for ``code`` with ``values`` filled in. Raises KeyError for an unknown code: that is our bug."""
    return _TEXTS[code].format(**values)
