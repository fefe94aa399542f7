"""What the rule engine answers with: frozen views, every item carrying the article it rests on.

Money is an exact integer of fen. Dates inside facts are ISO strings of Asia/Shanghai days. Labels are Chinese and come
from packs and from the vocabulary, never from code.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from lianshen.workcalendar.types import FirstDay, Rolling

FactValue = bool | int | str | tuple[str, ...]
Facts = Mapping[str, FactValue]
"""Facts of a project by vocabulary name; a missing fact counts as the neutral value that the vocabulary declares."""


class Used(msgspec.Struct, frozen=True):
    """A parameter that decided something; ``text`` is its wording.

    ``unit`` is fen, working_day, day, month, year, percent, per_mille or count; of a month_day the value is "07-31".
    """

    name: str
    value: int | str
    unit: str
    text: str


class Basis(msgspec.Struct, frozen=True):
    """Where the law says so: rule id within the pack, article, and a short verbatim quotation of that article.

    ``instrument`` is the title of the text if it is not the pack's own.
    """

    rule: str
    article: str
    quotation: str
    used: tuple[Used, ...] = ()
    instrument: str = ""


class Level(msgspec.Struct, frozen=True):
    """One of the levels that say something about a key: ``said`` as written there. Only one ``holds``."""

    ref: str
    instrument: str
    article: str
    said: str
    holds: bool


class Paper(msgspec.Struct, frozen=True):
    """A paper that has to be handed in; ``acts`` names the acts that cannot be done without it, as people read them."""

    code: str
    label: str
    basis: Basis
    acts: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """One station of the route, and the bodies that act there. ``now`` is the first one not yet passed."""

    code: str
    label: str
    by: tuple[str, ...]
    by_label: str
    basis: Basis
    state: Literal["done", "now", "ahead"] = "ahead"


class Block(msgspec.Struct, frozen=True):
    """What stands in the way. An ``in_principle`` block may be lifted by the body ``overridable_by``, on record."""

    code: str
    label: str
    remedy: str
    strength: Literal["absolute", "in_principle"]
    overridable_by: str | None
    granted: bool
    basis: Basis


EXPIRY = "expiry"
"""The step of every ladder on which the last day is over: no pack declares it."""


class Rung(msgspec.Struct, frozen=True):
    """A step of a ladder, ``days`` of ``unit`` from the last day, negative before it; ``to`` says who is told.

    It is an arrangement of the house (``strength`` soft), which the role ``changed_by`` answers for.
    """

    code: str
    label: str
    days: int
    unit: Literal["working_days", "days"]
    to: tuple[Literal["officer", "head", "organiser", "level_above"], ...]
    changed_by: str
    strength: Literal["soft"] = "soft"


class Leave(msgspec.Struct, frozen=True):
    """Which bodies may give one deadline more time, or release it; more time ``most`` in all, at most ``times``."""

    by: tuple[str, ...]
    basis: Basis
    most: int | None = None
    unit: Literal["working_days", "days", "months"] | None = None
    times: int | None = None


class Clock(msgspec.Struct, frozen=True):
    """A term of the law. ``budget`` counts ``unit``, backward if negative; None when the date is given (unit ``date``).

    ``first_day`` says whether the day of the trigger counts, ``rolling`` whether an end on a day off moves, and
    ``cut_off`` (17:30, 24:00) when the last day is over. ``standing``: it runs by itself, whatever the project does.
    """

    code: str
    label: str
    budget: int | None
    unit: Literal["working_days", "days", "months", "date"]
    first_day: FirstDay
    rolling: Rolling
    cut_off: str
    owed_by: str
    owed_to: str
    trigger_label: str
    on_expiry: str
    on_expiry_label: str
    disputed: str | None
    basis: Basis
    standing: bool = False
    ladder: tuple[Rung, ...] = ()
    extension: Leave | None = None
    waiver: Leave | None = None


class Choice(msgspec.Struct, frozen=True):
    """A relief offered to the project unit, not imposed; ``papers`` are the papers that it spares or merges."""

    code: str
    label: str
    papers: tuple[str, ...]
    basis: Basis


class Notice(msgspec.Struct, frozen=True):
    """Something that must be seen and decides nothing by itself: a weight, a body to consult, a duty of integration."""

    code: str
    label: str
    basis: Basis


class Dispute(msgspec.Struct, frozen=True):
    """A point that the text leaves undetermined: two readings, or a ``gap``; what the pack follows, and the other.

    A person may have ``decided`` it on record. ``code`` is empty where the pack lets nobody.
    """

    point: str
    reading: str
    other: str
    basis: Basis
    code: str = ""
    gap: bool = False
    decided: Literal["reading", "other"] | None = None


class Recast(msgspec.Struct, frozen=True):
    """The project is treated as if its ``fact`` were ``treated_as`` (a code), which it says it is not."""

    fact: str
    treated_as: str
    label: str
    basis: Basis


class Content(msgspec.Struct, frozen=True):
    """Something that must be told, in the paper ``of`` where the law names one; ``present``: it is there."""

    code: str
    label: str
    of: str | None
    present: bool
    basis: Basis


class Tier(msgspec.Struct, frozen=True):
    """The band of an amount or a count into which the project falls, on one axis of the law."""

    code: str
    label: str
    basis: Basis


class Option(msgspec.Struct, frozen=True):
    """One choice of a closed list."""

    code: str
    label: str


FieldKind = Literal["text", "textarea", "date", "money", "number", "choice", "bool"]


class FormField(msgspec.Struct, frozen=True):
    """One question of a form. Money is typed in yuan with at most two decimals and kept in fen; a number is whole.

    ``bound`` limits a date by the day on which it is entered. An amount or number below zero is refused unless the
    field is ``signed``.
    """

    name: str
    label: str
    kind: FieldKind
    required: bool = True
    options: tuple[Option, ...] = ()
    help: str = ""
    section: str = ""
    max_length: int | None = None
    default: FactValue | None = None
    bound: Literal["not_past", "not_future"] | None = None
    signed: bool = False


class Reason(msgspec.Struct, frozen=True):
    """Why an action is not open, and what to do about it; ``paper`` names the paper whose absence it is."""

    code: str
    label: str
    remedy: str
    basis: Basis
    paper: str | None = None


class Action(msgspec.Struct, frozen=True):
    """Something that can be done to a project, open or not.

    ``by`` holds bodies, ``project_unit`` (the owning office) or ``opinions_pending`` (any body that the fact of that
    name holds). ``timely`` says that its stage has come, ``open`` that nothing is missing besides: an action that is
    timely and not open is shown with its ``reasons``, one that is not timely is not shown. Where the law names days,
    it can be done from ``opens_on`` until ``closes_on``. ``task`` is what inboxes say while it is somebody's duty, one
    word for alternatives; "" where it is nobody's. ``due_clock`` names the clock that dates that duty. ``papers`` may
    be handed in with the action; ``starts`` are the clocks that it starts.
    """

    code: str
    label: str
    tone: Literal["primary", "danger", "neutral"]
    permission: str
    by: tuple[str, ...]
    duty: Literal["apply", "review", "approve"] | None
    task: str
    due_clock: str | None
    timely: bool
    open: bool
    reasons: tuple[Reason, ...]
    form: tuple[FormField, ...]
    papers: tuple[str, ...]
    starts: tuple[str, ...]
    basis: Basis
    opens_on: date | None = None
    closes_on: date | None = None


class Assessment(msgspec.Struct, frozen=True):
    """Everything that the pack says about a project, at one event, on one day.

    ``assumed`` names the facts asked for at intake that nobody has stated and that count as neutral; ``amendable`` says
    that the declaration is in the unit's hands (draft, sent back) and may be changed.
    ``published`` is false for a version that nobody has published; ``reviewed_until`` is the last day for which a
    reviewer vouches for it, and the answer is ``beyond_review`` on later days, or when there is no such day.
    """

    tenant: str
    title: str
    number: str
    version: str
    digest: str
    on: date
    published: bool
    reviewed_until: date | None
    beyond_review: bool
    status: Literal["law", "draft"]
    in_force: bool
    in_scope: Literal["yes", "no", "undetermined"]
    scope_basis: Basis
    management: str | None
    management_label: str
    management_basis: Basis | None
    tiers: tuple[Tier, ...]
    papers: tuple[Paper, ...]
    contents: tuple[Content, ...]
    steps: tuple[Step, ...]
    blocks: tuple[Block, ...]
    clocks: tuple[Clock, ...]
    choices: tuple[Choice, ...]
    notices: tuple[Notice, ...]
    disputes: tuple[Dispute, ...]
    recasts: tuple[Recast, ...]
    assumed: tuple[str, ...]
    phase: str
    phase_label: str
    amendable: bool
    actions: tuple[Action, ...]


class ClockStart(msgspec.Struct, frozen=True):
    """A clock that an action starts. ``due_on`` is given when a person set the date, else the calendar decides it."""

    clock: Clock
    trigger_on: date
    due_on: date | None


class ClockTurn(msgspec.Struct, frozen=True):
    """What an action does to a clock that runs; an extension adds ``amount`` of ``unit``."""

    kind: Literal["paused", "resumed", "restarted", "extended", "waived", "superseded"]
    clock: str
    amount: int | None = None
    unit: Literal["working_days", "days", "months"] | None = None


class Effect(msgspec.Struct, frozen=True):
    """What an action asks of the layers above: ask_opinions, record_opinion."""

    kind: str
    bodies: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What an action does: the facts after it, what changed (before, after; None = unstated), clocks, and effects."""

    facts: dict[str, FactValue]
    changed: dict[str, tuple[FactValue | None, FactValue | None]]
    starts: tuple[ClockStart, ...] = ()
    stops: tuple[str, ...] = ()
    turns: tuple[ClockTurn, ...] = ()
    effects: tuple[Effect, ...] = ()
