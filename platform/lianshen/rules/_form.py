"""Forms as packs write them, made ready to be shown and read: a question about a fact has the fact's label and type."""

from collections.abc import Iterator, Sequence

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules._acts import Field
from lianshen.rules._schema import Law
from lianshen.rules._source import PackError, Source
from lianshen.rules._vocabulary import Vocabulary
from lianshen.rules.types import FieldKind, FormField, Option

KIND: dict[str, FieldKind] = {
    "bool": "bool",
    "money": "money",
    "int": "number",
    "date": "date",
    "code": "choice",
    "text": "text",
}
_LONGEST = {"text": 200, "textarea": 2000}


def form_of(
    source: Source, spot: Spot, fields: Sequence[Field], vocabulary: Vocabulary, section: str = ""
) -> tuple[FormField, ...]:
    """The form of an action or section at ``spot``. Raises PackError on a field that is no fact nor complete."""
    key = "fields" if section else "form"
    return tuple(_field(source, (*spot, key, place), field, vocabulary, section) for place, field in enumerate(fields))


def check_forms(source: Source, law: Law, vocabulary: Vocabulary) -> Iterator[PackError]:
    """Every field of every form is a fact that can be asked, or complete in itself."""
    forms: list[tuple[Spot, Sequence[Field]]] = [
        *((("intake", place, "fields"), part.fields) for place, part in enumerate(law.intake)),
        *((("actions", place, "form"), action.form) for place, action in enumerate(law.actions)),
    ]
    for spot, fields in forms:
        for place, field in enumerate(fields):
            try:
                _field(source, (*spot, place), field, vocabulary, "")
            except PackError as error:
                yield error


def _field(source: Source, spot: Spot, field: Field, vocabulary: Vocabulary, section: str) -> FormField:
    if (field.fact is None) == (field.name is None):
        raise source.error(spot, "field_both")
    labels = field.options if isinstance(field.options, dict) else {}
    name, label, kind = field.name, field.label, field.kind
    if field.fact is not None:
        fact = vocabulary.facts.get(field.fact)
        if fact is None or fact.type not in KIND:
            raise source.error((*spot, "fact"), "not_askable", name=field.fact)
        name, label, kind = field.fact, label or fact.label, kind or KIND[fact.type]
        chosen = field.options or list(fact.options)
        for code in chosen:
            if code not in fact.options:
                raise source.error((*spot, "options"), "no_option", name=code, fact=name)
        labels = {code: fact.options[code] for code in chosen}
    if name is None or label is None or kind is None:
        raise source.error(spot, "field_incomplete", name=name)
    if field.signed and kind not in ("money", "number"):
        raise source.error((*spot, "signed"), "field_signed", name=name)
    return FormField(
        name=name,
        label=label,
        kind=kind,
        required=field.required and kind != "bool",
        options=tuple(Option(code, shown) for code, shown in labels.items()),
        help=field.help,
        section=section,
        max_length=field.max_length or _LONGEST.get(kind),
        default=field.default,
        bound=field.bound,
        signed=field.signed,
    )
