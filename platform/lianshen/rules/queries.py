"""The rules of every jurisdiction: read the packs, assess a project, enact an act, read a form."""

from lianshen.rules._assess import assess
from lianshen.rules._cases import answer
from lianshen.rules._compile import load_pack
from lianshen.rules._enact import enact, expire
from lianshen.rules._expression import ExpressionError
from lianshen.rules._inputs import read_inputs, say
from lianshen.rules._pack import Pack
from lianshen.rules._registry import Registry
from lianshen.rules._source import PackError
from lianshen.rules._vocabulary import Vocabulary, load_vocabulary

__all__ = [
    "ExpressionError",
    "Pack",
    "PackError",
    "Registry",
    "Vocabulary",
    "answer",
    "assess",
    "enact",
    "expire",
    "load_pack",
    "load_vocabulary",
    "read_inputs",
    "say",
]
