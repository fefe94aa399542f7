"""How a pack and the vocabulary are written down: one strict struct for each kind of entry.

Every ``clause`` is a key of the pack's ``clauses``, ``when`` an expression over facts, parameters and conditions.
"""

from typing import Annotated, Literal

import msgspec

from lianshen.rules._acts import ActionRule, Field
from lianshen.rules._entry import ALWAYS, NEVER, Entry
from lianshen.rules._ladders import Extension, Ladder, Waiver
from lianshen.workcalendar.queries import CUT_OFF, FirstDay, Rolling

Unit = Literal["yuan", "working_day", "day", "month", "year", "month_day", "percent", "per_mille", "count"]
CutOff = Annotated[str, msgspec.Meta(pattern=CUT_OFF)]


class Fact(Entry, frozen=True):
    """A typed fact. ``neutral``: what it counts as unstated; ``presumed``: what a hypothetical question presumes.

    With ``subject`` unit it is known of the unit, whichever project it was found on, and holds for all of them."""

    type: Literal["bool", "int", "money", "date", "code", "text", "codes"]
    label: str
    neutral: bool | int | str | list[str]
    presumed: bool | int | str | list[str] | None = None
    options: dict[str, str] = {}
    subject: Literal["project", "unit"] = "project"


WordList = Literal["documents", "bodies", "steps", "blocks", "contents"]


class Question(Entry, frozen=True):
    """Something that a pack may answer. ``options``: the codes to choose from, or the lists that hold them."""

    type: Literal["bool", "int", "date", "code", "codes"]
    label: str
    options: dict[str, str] | WordList | list[WordList] = {}


class Feature(Entry, frozen=True):
    """What the platform carries by itself, for the coverage of packs; ``where`` names what carries it once built."""

    label: str
    state: Literal["built", "planned"]
    where: str = ""


class InForce(Entry, frozen=True, rename={"from_": "from"}):
    """The first and the last day, if there is one; of a draft, ``when`` says what else must hold before it counts.

    ``replaces`` names the version (``320723@2025-09-06``) that this one ends on its first day.
    """

    from_: str
    clause: str
    until: str | None = None
    replaces: str | None = None
    when: str = ALWAYS


class Instrument(Entry, frozen=True):
    title: str
    number: str
    status: Literal["law", "draft"]
    in_force: InForce


class Clause(Entry, frozen=True):
    """An article as it is cited, and words that stand in it."""

    article: str
    quotation: str


class Parameter(Entry, frozen=True):
    """A number of the law. ``text`` is how the quotation of the clause writes it; yuan are kept as fen.

    A ``month_day`` is a day of every year ("07-31"); it has no place in conditions.
    """

    value: int | str
    unit: Unit
    text: str
    clause: str


class DateRule(Entry, frozen=True, rename={"from_": "from"}):
    """A date that follows from others; "" until all of them are stated, and a condition must ask for that first.

    ``from`` names date facts or other such dates, of several the latest; ``after`` or ``before`` a parameter of working
    days, days, months or years, from the day that ``first_day`` says, moved to a working day as ``rolling`` says: who
    counts says both. Or ``yearly`` names a day of the year, taken ``years`` after the year that the fact ``year_of``
    states, else (also where that is no year from 1 to 9999) of ``from`` or, without it, of today.
    """

    clause: str
    from_: str | list[str] = []
    after: str | None = None
    before: str | None = None
    first_day: FirstDay | None = None
    rolling: Rolling | None = None
    yearly: str | None = None
    years: int = 0
    year_of: str | None = None


class FigureRule(Entry, frozen=True):
    """The first of some amounts that is stated, or the sum of all that are; of none, the neutral value of the last."""

    clause: str
    first_of: list[str] = []
    sum_of: list[str] = []


class LinkRule(Entry, frozen=True):
    """A text fact that names another project by its number: ``facts`` of this one are facts of that one."""

    facts: dict[str, str]
    clause: str


class Exclusion(Entry, frozen=True):
    answer: Literal["no", "undetermined"]
    when: str
    clause: str


class Way(Entry, frozen=True):
    """How projects are managed: approval, filing_only, reference, or one of the pack's own ``managements``."""

    management: str
    when: str
    clause: str


class RecastRule(Entry, frozen=True):
    """A project is ``treated_as`` if its code ``fact`` said so: a small upgrade as operations.

    ``when`` is asked of the facts as stated, every other condition of the facts as recast.
    """

    fact: str
    treated_as: str
    label: str
    when: str
    clause: str


class Scope(Entry, frozen=True):
    """``clause`` includes what no exclusion takes out; the first of ``ways`` that holds says how it is managed."""

    clause: str
    ways: list[Way]
    exclusions: list[Exclusion] = []


class Band(Entry, frozen=True, rename={"from_": "from"}):
    """Amounts from one parameter, included, to below another; open where none is named."""

    tier: str
    label: str
    clause: str
    from_: str | None = None
    below: str | None = None


class Tiers(Entry, frozen=True):
    """A classification ``by`` an amount or count: a fact, or one of ``figures``."""

    by: str
    bands: list[Band]


class PaperRule(Entry, frozen=True, rename={"for_": "for", "with_": "with"}):
    """A paper without which the actions ``for`` stay shut, unless the block ``enforced_by`` sees to that.

    ``at`` names events besides those of the actions at which the paper is asked for; without ``for`` they are the only.
    It may be handed in with the actions ``with``, or else ``for``.
    """

    paper: str
    clause: str
    when: str = ALWAYS
    for_: list[str] = []
    at: list[str] = []
    with_: list[str] = []
    enforced_by: str | None = None


class ChoiceRule(Entry, frozen=True):
    choice: Literal["may_combine", "may_skip"]
    label: str
    papers: list[str]
    when: str
    clause: str


class StepRule(Entry, frozen=True):
    """``done`` tells when the project has passed the station.

    ``before``: events that it must precede. With ``at`` it belongs to the procedure of those events, as of the yearly
    plan, and not to the way of the project.
    """

    step: str
    by: list[str]
    clause: str
    done: str = NEVER
    when: str = ALWAYS
    before: list[str] = []
    at: list[str] = []


class ContentRule(Entry, frozen=True):
    """Something that must be told at the events ``at``, in the paper ``of`` if named; ``present``: it is there."""

    content: str
    clause: str
    at: list[str]
    when: str = ALWAYS
    of: str | None = None
    present: str = ALWAYS


class BlockRule(Entry, frozen=True):
    """``closes`` names actions, ``at`` further events at which the block must be told."""

    block: str
    when: str
    closes: list[str]
    strength: Literal["absolute", "in_principle"]
    remedy: str
    clause: str
    at: list[str] = []
    overridable_by: str | None = None
    decided_by: list[str] = []


class Expiry(Entry, frozen=True):
    """What happens by itself once the term has run out; code ``none`` where the law names nothing."""

    code: str
    label: str
    sets: dict[str, bool] = {}
    stamps: list[str] = []
    starts: list[str] = []
    clause: str | None = None


class ClockRule(Entry, frozen=True, rename={"from_": "from"}):
    """A term. ``budget`` names the parameter of its length; ``from`` what dates its trigger, or its end without budget.

    ``direction`` before: it ends that long before what ``from`` names. ``from`` is a date fact or one of ``dates``, or
    several: the latest. ``events`` are events, besides those of the actions that start it, at which it is told;
    ``leads_to`` the step after; ``ladder`` one of ``ladders``. ``standing``: it runs every year, no act starts or stops
    it. How it is counted is never supposed: whether the trigger's day counts (of a ``budget``), whether an end on a day
    off moves, at which hour its last day is over.
    """

    clock: str
    label: str
    owed_by: str
    owed_to: str
    trigger: str
    rolling: Rolling
    cut_off: CutOff
    on_expiry: Expiry
    clause: str
    when: str = ALWAYS
    budget: str | None = None
    first_day: FirstDay | None = None
    from_: str | list[str] | None = None
    direction: Literal["after", "before"] = "after"
    standing: bool = False
    events: list[str] = []
    leads_to: str | None = None
    disputed: str | None = None
    ladder: str | None = None
    extension: Extension | None = None
    waiver: Waiver | None = None


class NoticeRule(Entry, frozen=True):
    """What must be seen and decides nothing: it answers the question ``notice`` by ``value``, or ``computes`` it.

    What is computed is a yes or no, a number, or a date: a date fact or one of ``dates``, which ``when`` has asked for.
    """

    notice: str
    label: str
    clause: str
    when: str = ALWAYS
    value: bool | int | str | list[str] | None = None
    computes: str | None = None
    at: list[str] = []
    strength: Literal["absolute", "in_principle"] | None = None


class DisputeRule(Entry, frozen=True):
    """A point on which the text bears two readings or, with ``gap``, is silent; the pack follows ``reading``.

    With a ``code`` a person may decide it on record, in a form field with ``options_from: disputes``: conditions then
    find ``<code>=other`` or ``<code>=reading`` among the ``readings``.
    """

    point: str
    reading: str
    other: str
    when: str
    clause: str
    code: str | None = None
    gap: bool = False


class Covered(Entry, frozen=True):
    """Why no rule of the pack cites a clause: a ``feature`` of the platform carries it, or it is ``not_software``."""

    feature: str | None = None
    not_software: str | None = None
    note: str = ""


class PhaseRule(Entry, frozen=True):
    phase: str
    label: str
    when: str


class Section(Entry, frozen=True):
    section: str
    fields: list[Field]


class Conflict(Entry, frozen=True):
    """Which of two instruments holds where both speak; of ``undetermined`` the pack follows its own and says so."""

    prevails: Literal["own", "inherited", "undetermined"]
    clause: str


class Inherit(Entry, frozen=True, rename={"from_": "from"}):
    """What a pack takes over: from the level above it (``640000@2019-01-01``), or, a second instrument, from the first.

    ``keys`` says for each key how: ``nearest``, one's own entry of the same name shadows the other; ``named``, where
    both have one, ``conflicts`` must say which holds (``parameters.review_from``); ``append``, both hold. The clauses
    that inherited entries cite come along.
    """

    from_: str
    clause: str
    keys: dict[str, Literal["nearest", "named", "append"]]
    conflicts: dict[str, Conflict] = {}


class Law(Entry, frozen=True):
    """A whole pack as written, its files joined: each file holds some of these keys, lists may be spread over files.

    ``facts``, ``documents``, ``step_names``, ``block_names``, ``events``, ``content_names``, ``questions`` (that its
    notices answer) and ``managements`` add words of its own to those that all packs share, and take none of these.
    ``bodies`` names those that it speaks of: a shared code by its local name, any other is the pack's own.
    """

    instrument: Instrument
    bodies: dict[str, str]
    clauses: dict[str, Clause]
    parameters: dict[str, Parameter]
    conditions: dict[str, str]
    scope: Scope
    papers: list[PaperRule]
    steps: list[StepRule]
    blocks: list[BlockRule]
    actions: list[ActionRule]
    phases: list[PhaseRule]
    amendable: str
    intake: list[Section]
    inherits: list[Inherit] = []
    tiers: Tiers | None = None
    axes: dict[str, Tiers] = {}
    figures: dict[str, FigureRule] = {}
    dates: dict[str, DateRule] = {}
    links: dict[str, LinkRule] = {}
    ladders: dict[str, Ladder] = {}
    contents: list[ContentRule] = []
    choices: list[ChoiceRule] = []
    clocks: list[ClockRule] = []
    notices: list[NoticeRule] = []
    disputes: list[DisputeRule] = []
    recasts: list[RecastRule] = []
    coverage: dict[str, Covered] = {}
    managements: dict[str, str] = {}
    questions: dict[str, Question] = {}
    facts: dict[str, Fact] = {}
    documents: dict[str, str] = {}
    step_names: dict[str, str] = {}
    block_names: dict[str, str] = {}
    events: dict[str, str] = {}
    content_names: dict[str, str] = {}
