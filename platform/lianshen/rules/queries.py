"""The rules of every jurisdiction: read the packs, assess a project, enact an act, read a form."""

from lianshen.rules._assess import assess
from lianshen.rules._cases import answer
from lianshen.rules._compile import load_pack
from lianshen.rules._coverage import Accounted, ClausesError, Covering, coverage, read_clauses
from lianshen.rules._current import law_for, law_of
from lianshen.rules._diff import Change, Detail, Diff, diff
from lianshen.rules._enact import amiss, enact, expire
from lianshen.rules._explain import Alteration, Explanation, Way, explain
from lianshen.rules._expression import ExpressionError
from lianshen.rules._in_force import NoLaw, VersionGone, ending, pack_of, pinned
from lianshen.rules._inputs import read_inputs, say
from lianshen.rules._inquiry import Explained, Inquiry, inquire
from lianshen.rules._lint import Linted, lint, packs_at
from lianshen.rules._oracle import Case, CaseError, Verdict, judge, read_cases
from lianshen.rules._pack import Pack
from lianshen.rules._proof import prove
from lianshen.rules._published import published_schemas
from lianshen.rules._question import Answered, Question, ask, consider
from lianshen.rules._reference import Key, reference
from lianshen.rules._registry import Law, Registry, Version, load_law, load_pack_at
from lianshen.rules._source import PackError
from lianshen.rules._subjects import Item, UnknownItem, items_of, standing
from lianshen.rules._vocabulary import Vocabulary, load_vocabulary
from lianshen.rules._whatif import KINDS, Difference, FactsError, Filed, Tally, WhatIf, compared, declared, read_filed

__all__ = [
    "KINDS",
    "Accounted",
    "Alteration",
    "Answered",
    "Case",
    "CaseError",
    "Change",
    "ClausesError",
    "Covering",
    "Detail",
    "Diff",
    "Difference",
    "Explained",
    "Explanation",
    "ExpressionError",
    "FactsError",
    "Filed",
    "Inquiry",
    "Item",
    "Key",
    "Law",
    "Linted",
    "NoLaw",
    "Pack",
    "PackError",
    "Question",
    "Registry",
    "Tally",
    "UnknownItem",
    "Verdict",
    "Version",
    "VersionGone",
    "Vocabulary",
    "Way",
    "WhatIf",
    "amiss",
    "answer",
    "ask",
    "assess",
    "compared",
    "consider",
    "coverage",
    "declared",
    "diff",
    "enact",
    "ending",
    "expire",
    "explain",
    "inquire",
    "items_of",
    "judge",
    "law_for",
    "law_of",
    "lint",
    "load_law",
    "load_pack",
    "load_pack_at",
    "load_vocabulary",
    "pack_of",
    "packs_at",
    "pinned",
    "prove",
    "published_schemas",
    "read_cases",
    "read_clauses",
    "read_filed",
    "read_inputs",
    "reference",
    "say",
    "standing",
]
