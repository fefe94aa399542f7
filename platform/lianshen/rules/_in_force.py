"""Which law applies on a day, and why there is none."""

from datetime import date, timedelta

from lianshen.kernel.errors import Item, Refusal
from lianshen.kernel.words import day
from lianshen.rules import _messages
from lianshen.rules._pack import Pack
from lianshen.rules._registry import Law, Version


class NoLaw(Refusal):
    """The jurisdiction has no regulation in force here on this day; the items say which ended, and which will come."""

    status = 409
    code = "no_law"


class VersionGone(Refusal):
    """The version that a project was filed under is not here any more: nobody can say what its law was."""

    status = 409
    code = "version_gone"


def pinned(law: Law, ref: str) -> Pack:
    """The version that a project was filed under, in force or not. Raises VersionGone."""
    try:
        return law.registry.pack(ref)
    except KeyError:
        raise VersionGone(ref=ref) from None


def pack_of(law: Law, tenant: str, on: date) -> Pack:
    """The pack in force, by the code or the folder name of its jurisdiction. Raises NoLaw, saying why."""
    code = law.registry.code(tenant)
    latest = law.registry.latest(code, on)
    if latest is not None and latest.in_force(on):
        return latest.pack
    following = law.registry.following(code, on)
    items = [_item("no_longer", latest.pack, latest.ends, on)] if latest else []
    items += [_item("not_yet", following.pack, following.pack.since, on)] if following else []
    if not items:
        why = "unpublished" if law.registry.versions(code) else "no_pack"
        items = [Item(code=why, message=_messages.text(why, name=tenant), field="tenant")]
    raise NoLaw(tuple(items))


def _item(code: str, pack: Pack, bound: date | None, on: date) -> Item:
    said = _messages.text(code, title=pack.title, number=pack.number, bound=day(bound or on), on=day(on))
    return Item(
        code=code,
        message=said,
        field="on",
        remedy=_messages.remedy(code),
        article=pack.term.article,
        quotation=pack.term.quotation,
    )


def ending(law: Law, tenant: str, on: date, within: int) -> Version | None:
    """The version of the jurisdiction that ends within so many days after ``on``, or has ended, with none to follow it.

    None while there is nothing to warn of.
    """
    latest = law.registry.latest(tenant, on)
    if latest is None or latest.ends is None or (latest.ends - on).days > within:
        return None
    following = law.registry.following(tenant, latest.ends)
    return None if following and following.pack.since <= latest.ends + timedelta(days=1) else latest
