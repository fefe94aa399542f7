"""Personal data as it is shown by default: masked."""

from uuid import UUID

from lianshen.access.queries import require
from lianshen.identity import queries as identity
from lianshen.identity.types import Actor, Contact
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.personal import permissions
from lianshen.personal._inventory import Field, Inventory, InventoryError, read
from lianshen.personal.types import FIELDS, ContactPage, MaskedContact

_loaded: list[Inventory] = []


def use(inventory: Inventory) -> None:
    """Make ``inventory`` the one by which this process masks."""
    _loaded[:] = [inventory]


def mask(column: str, value: str | None) -> str | None:
    """``value`` of ``<table>.<column>`` as it is shown; a column outside the inventory raises KeyError: our bug."""
    return value and _loaded[0].mask(column, value)


def inventory() -> list[Field]:
    """Every personal or sensitive column."""
    return _loaded[0].fields


async def contacts(
    uow: UnitOfWork, actor: Actor, phone: str | None = None, *, after: UUID | None = None, limit: int = 50
) -> ContactPage:
    """The people of the actor's tenant by office, masked; with ``phone`` only those who have that very number.

    ``after`` is the ``next`` of the page before. Raises NotFound when it is nobody's.
    """
    require(actor, permissions.CONTACTS)
    found = await identity.contacts(uow, phone, after=after, limit=limit + 1)
    following = found[limit - 1].post if len(found) > limit else None
    return ContactPage(tuple(_masked(one) for one in found[:limit]), following)


async def contact(uow: UnitOfWork, actor: Actor, person: UUID, field: str) -> MaskedContact:
    """One person, masked. Raises NotFound, also when there is no such ``field`` or nothing is kept in it."""
    require(actor, permissions.CONTACTS)
    found = await identity.contact_of(uow, person)
    if found is None or field not in FIELDS or getattr(found, field) is None:
        raise NotFound
    return _masked(found)


def _masked(one: Contact) -> MaskedContact:
    phone, email = mask("person.phone", one.phone), mask("person.email", one.email)
    return MaskedContact(one.person, one.name, one.office_name, phone, email)


__all__ = ["Field", "Inventory", "InventoryError", "contacts", "inventory", "mask", "read", "use"]
