"""How the acts of a law are written down; see _schema for the rest of a pack."""

from typing import Literal

from lianshen.rules._entry import ALWAYS, Entry
from lianshen.rules.types import FieldKind


class Need(Entry, frozen=True):
    """What must hold besides the stage, and what to tell when it does not."""

    code: str
    label: str
    remedy: str
    when: str
    clause: str


class Check(Entry, frozen=True):
    """What must hold once the form is filled in; if not, ``label`` and ``remedy`` are told beside the ``field``."""

    field: str
    label: str
    remedy: str
    when: str
    clause: str


class Field(Entry, frozen=True):
    """A question: about a ``fact``, whose type and label it has, or a ``name`` of its own that only the event keeps."""

    fact: str | None = None
    name: str | None = None
    label: str | None = None
    kind: FieldKind | None = None
    required: bool = True
    options: list[str] | dict[str, str] = {}
    options_from: Literal["exceptions", "disputes"] | None = None
    help: str = ""
    max_length: int | None = None
    default: bool | int | str | None = None
    bound: Literal["not_past", "not_future"] | None = None
    signed: bool = False


class Window(Entry, frozen=True, rename={"from_": "from"}):
    """From when (of several dates the latest) and until when an action can be done, both days included.

    It opens once ``from`` is known; an ``until`` that is not known does not close it.
    """

    label: str
    remedy: str
    clause: str
    from_: str | list[str] = []
    until: str | None = None


class Ask(Entry, frozen=True):
    body: str
    clause: str
    when: str = ALWAYS


class ActionRule(Entry, frozen=True):
    """Something to be done; see the head of a pack's actions.yaml for what each key means."""

    action: str
    label: str
    tone: Literal["primary", "danger", "neutral"]
    permission: str
    by: list[str]
    when: str
    clause: str
    duty: Literal["apply", "review", "approve"] | None = None
    task: str = ""
    due_clock: str | None = None
    events: list[str] = []
    complete: bool = False
    window: Window | None = None
    requires: list[Need] = []
    form: list[Field] = []
    sets: dict[str, bool] = {}
    stamps: list[str] = []
    clears: list[str] = []
    appends: dict[str, str] = {}
    adds: dict[str, str] = {}
    counts: list[str] = []
    checks: list[Check] = []
    revokes: list[str] = []
    asks: list[Ask] = []
    effects: list[Literal["record_opinion"]] = []
    starts: list[str] = []
    stops: list[str] = []
    pauses: list[str] = []
    resumes: list[str] = []
    restarts: list[str] = []
    extends: dict[str, str] = {}
    waives: list[str] = []
    supersedes: list[str] = []


def chosen_in(rule: ActionRule, what: str) -> str | None:
    """The field of the form in which whoever acts chooses one of the ``exceptions`` or ``disputes``."""
    return next((field.name for field in rule.form if field.options_from == what), None)
