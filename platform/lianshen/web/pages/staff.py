"""People, offices and posts, for the three administrators; and one's own stand-ins."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from lianshen.kernel.errors import Invalid, Item, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.personal.queries import mask
from lianshen.projects.commands import Engaged
from lianshen.staff import commands, permissions, queries
from lianshen.web._auth import UNKEPT, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, form_of, page, see_other
from lianshen.wiring import LEAVING

_READ = needs(permissions.READ)
_EMPOWER = needs(permissions.EMPOWER)
_PAGE = 50
_REFUSED = (
    Invalid, Engaged, commands.Exclusive, commands.LastOne, commands.NotNow, commands.OneHand, commands.WorkLeft,
)  # fmt: skip
_Id = Annotated[UUID, PathParameter(description="id")]
_Form = Request[Any, Any, Any]


@get("/staff", opt=_READ, include_in_schema=False)
async def people(
    call: Asked,
    q: Annotated[str, QueryParameter(max_length=60)] = "",
    office: Annotated[str, QueryParameter(max_length=40)] = "",
    standing: Annotated[str, QueryParameter(name="state", max_length=20)] = "",
    after: Annotated[str, QueryParameter(max_length=60)] = "",
) -> Response[str]:
    offices = await queries.offices(call.uow, call.actor)
    chosen = next((one.id for one in offices if str(one.id) == office), None)
    found = await queries.people(
        call.uow, call.actor, words=q.strip(), office=chosen, state=standing, after=after, limit=_PAGE + 1
    )
    return page(
        call,
        "staff.html",
        people=found[:_PAGE],
        more=found[_PAGE - 1].login if len(found) > _PAGE else "",
        offices=offices,
        q=q,
        office=office,
        state=standing,
        waiting=await queries.waiting(call.uow, call.actor),
        names=await queries.role_names(call.uow),
    )


@get("/staff/new", opt=needs(permissions.CREATE), include_in_schema=False)
async def new(call: Asked) -> Response[str]:
    return await _new(call, {})


@post("/staff/new", opt=needs(permissions.CREATE), include_in_schema=False)
async def create(call: Asked, request: _Form) -> Response[Any]:
    form = await form_of(request)
    try:
        office, since, until = _id(form, "office"), _day(form, "since") or call.today, _day(form, "until")
        made = await commands.create_person(
            call.uow, call.actor, office, form.get("login", "").strip(), form.get("name", "").strip(), since, until
        )
    except _REFUSED as refusal:
        return await _new(call, form, refusal)
    return see_other(f"/staff/people/{made}")


@get("/staff/offices", opt=_READ, include_in_schema=False)
async def offices(call: Asked) -> Response[str]:
    return await _offices(call, {})


@post("/staff/offices", opt=needs(permissions.CREATE), include_in_schema=False)
async def create_office(call: Asked, request: _Form) -> Response[Any]:
    form = await form_of(request)
    said = [form.get(name, "").strip() for name in ("code", "name", "body")]
    try:
        await commands.create_office(call.uow, call.actor, said[0], said[1], said[2])
    except _REFUSED as refusal:
        return await _offices(call, form, refusal)
    return see_other("/staff/offices")


@get("/staff/people/{person:uuid}", opt=_READ, include_in_schema=False)
async def person(call: Asked, person: _Id) -> Response[str]:
    return await _person(call, person)


@post("/staff/people/{person:uuid}/posts", opt=needs(permissions.CREATE), include_in_schema=False)
async def add_post(call: Asked, person: _Id, request: _Form) -> Response[Any]:
    form = await form_of(request)
    try:
        since = _day(form, "since") or call.today
        await commands.add_post(call.uow, call.actor, person, _id(form, "office"), since, _day(form, "until"))
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@post("/staff/people/{person:uuid}/contacts", opt=needs(permissions.CREATE) | UNKEPT, include_in_schema=False)
async def set_contacts(call: Asked, person: _Id, request: _Form) -> Response[Any]:
    """What is left blank stays as it is: nobody has to be shown a number in order to correct an address."""
    form = await form_of(request)
    given = {name: form.get(name, "").strip() for name in ("phone", "email")}
    gone = frozenset(name for name in given if form.get(f"no_{name}"))
    try:
        await commands.set_contacts(call.uow, call.actor, person, given["phone"], given["email"], gone)
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@post("/staff/people/{person:uuid}/enable", opt=_EMPOWER | UNKEPT, include_in_schema=False)
async def enable(call: Asked, person: _Id) -> Response[str]:
    """The first password stands on this answer alone: no key brings it back."""
    try:
        secret = await commands.enable(call.uow, call.actor, person)
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return page(call, "staff_secrets.html", secrets=[secret], left=0, digest="")


@post("/staff/people/{person:uuid}/reset", opt=_EMPOWER | UNKEPT, include_in_schema=False)
async def reset(call: Asked, person: _Id, request: _Form) -> Response[str]:
    factors = bool((await form_of(request)).get("factors"))
    try:
        secret = await commands.reset(call.uow, call.actor, person, factors=factors)
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return page(call, "staff_secrets.html", secrets=[secret], left=0, digest="")


@post("/staff/people/{person:uuid}/disable", opt=_EMPOWER, include_in_schema=False)
async def disable(call: Asked, person: _Id, request: _Form) -> Response[Any]:
    form = await form_of(request)
    try:
        await commands.disable(call.uow, call.actor, person, form.get("reason", "").strip())
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@post("/staff/people/{person:uuid}/appointments", opt=needs(permissions.PROPOSE), include_in_schema=False)
async def propose(call: Asked, person: _Id, request: _Form) -> Response[Any]:
    form = await form_of(request)
    try:
        await commands.propose(call.uow, call.actor, person, form.get("role", ""))
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@post("/staff/people/{person:uuid}/appointments/{appointment:uuid}", opt=needs(permissions.APPOINT),
      include_in_schema=False)  # fmt: skip
async def decide(call: Asked, person: _Id, appointment: _Id, request: _Form) -> Response[Any]:
    form = await form_of(request)
    await _require_of(call, person, appointment)
    try:
        await commands.decide(call.uow, call.actor, appointment, granted=form.get("granted") == "yes")
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@post("/staff/people/{person:uuid}/posts/{post:uuid}/roles", opt=_EMPOWER, include_in_schema=False)
async def grant(call: Asked, person: _Id, post: _Id, request: _Form) -> Response[Any]:
    chosen = tuple(said for said in (await request.form()).getall("roles", []) if isinstance(said, str))
    await _require_of(call, person, post)
    try:
        await commands.grant(call.uow, call.actor, post, chosen)
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@post("/staff/people/{person:uuid}/posts/{post:uuid}/end", opt=_EMPOWER, include_in_schema=False)
async def end_post(call: Asked, person: _Id, post: _Id) -> Response[Any]:
    await _require_of(call, person, post)
    try:
        await commands.end_post(call.uow, call.actor, post)
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@post("/staff/people/{person:uuid}/posts/{post:uuid}/stand-in", opt=_EMPOWER, include_in_schema=False)
async def stand_in(call: Asked, person: _Id, post: _Id, request: _Form) -> Response[Any]:
    form = await form_of(request)
    await _require_of(call, person, post)
    try:
        since, until = _days(form)
        deputy = await _who(call, form, "deputy")
        await commands.stand_in(call.uow, call.actor, post, deputy, since, until)
    except _REFUSED as refusal:
        return await _person(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@get("/staff/people/{person:uuid}/leaving", opt=_EMPOWER, include_in_schema=False)
async def leaving(call: Asked, person: _Id) -> Response[str]:
    return await _leaving(call, person)


@post("/staff/people/{person:uuid}/leaving", opt=_EMPOWER, include_in_schema=False)
async def leave(call: Asked, person: _Id, request: _Form) -> Response[Any]:
    form = await form_of(request)
    chosen = [said for said in (await request.form()).getall("posts", []) if isinstance(said, str)]
    try:
        heir = await _who(call, form, "successor") if form.get("successor") else None
        posts = [_id({"post": said}, "post") for said in chosen]
        reason = form.get("reason", "").strip()
        await commands.leave(call.uow, call.actor, person, heir, reason, LEAVING, hand_over=posts)
    except _REFUSED as refusal:
        return await _leaving(call, person, refusal)
    return see_other(f"/staff/people/{person}")


@get("/stand-ins", opt=needs(permissions.DELEGATE), include_in_schema=False)
async def stand_ins(call: Asked) -> Response[str]:
    return await _stand_ins(call)


@post("/stand-ins", opt=needs(permissions.DELEGATE), include_in_schema=False)
async def lend(call: Asked, request: _Form) -> Response[Any]:
    form = await form_of(request)
    try:
        since, until = _days(form)
        deputy = await _who(call, form, "deputy")
        await commands.stand_in(call.uow, call.actor, call.actor.post, deputy, since, until)
    except _REFUSED as refusal:
        return await _stand_ins(call, refusal)
    return see_other("/stand-ins")


@post("/stand-ins/{post:uuid}/end", opt=needs(permissions.DELEGATE), include_in_schema=False)
async def take_back(call: Asked, post: _Id) -> Response[Any]:
    try:
        await commands.end_post(call.uow, call.actor, post)
    except _REFUSED as refusal:
        return await _stand_ins(call, refusal)
    return see_other("/stand-ins")


async def _who(call: Call, form: dict[str, str], name: str) -> UUID:
    """Whom a field names, by login or id. Raises Invalid."""
    said = form.get(name, "").strip()
    found = await queries.with_login(call.uow, said) if said else None
    return found or _id(form, name)


async def _require_of(call: Call, person: UUID, part: UUID) -> None:
    """Raise NotFound unless ``part`` is a post or an appointment of the person that the address names before it."""
    found = await queries.person(call.uow, call.actor, person)
    if part not in {one.id for one in found.person.posts} | {one.id for one in found.appointments}:
        raise NotFound


def _id(form: dict[str, str], name: str) -> UUID:
    try:
        return UUID(form.get(name, ""))
    except ValueError as error:
        raise Invalid((Item(code="invalid", message=text("field.chosen"), field=name),)) from error


def _day(form: dict[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(form[name]) if form.get(name) else None
    except ValueError as error:
        raise Invalid((Item(code="invalid", message=text("field.day"), field=name),)) from error


def _days(form: dict[str, str]) -> tuple[date, date]:
    since, until = _day(form, "since"), _day(form, "until")
    if since is None or until is None:
        raise Invalid((Item(code="invalid", message=text("field.day"), field="until"),))
    return since, until


def _status(refusal: Refusal | None) -> int:
    return refusal.status if refusal else 200


async def _new(call: Call, typed: dict[str, str], refusal: Refusal | None = None) -> Response[str]:
    places = await queries.offices(call.uow, call.actor)
    return page(call, "staff_new.html", status=_status(refusal), refusal=refusal, typed=typed, offices=places)


async def _offices(call: Call, typed: dict[str, str], refusal: Refusal | None = None) -> Response[str]:
    found = await queries.offices(call.uow, call.actor)
    pack = call.law.registry.named(call.actor.tenant, call.today)
    bodies = dict(pack.vocabulary.bodies) if pack else {}
    return page(
        call,
        "staff_offices.html",
        status=_status(refusal),
        refusal=refusal,
        typed=typed,
        offices=found,
        bodies=bodies,
    )


async def _person(call: Call, who: UUID, refusal: Refusal | None = None) -> Response[str]:
    found = await queries.person(call.uow, call.actor, who)
    others = await queries.beside(call.uow, call.actor, found.person) if call.may(permissions.EMPOWER) else []
    return page(
        call,
        "staff_person.html",
        status=_status(refusal),
        refusal=refusal,
        found=found,
        person=found.person,
        others=others,
        contact=await _contact(call, who) if call.may(permissions.CREATE) else None,
        offices=await queries.offices(call.uow, call.actor),
        names=await queries.role_names(call.uow),
        grantable=await queries.grantable(call.uow),
    )


async def _contact(call: Call, who: UUID) -> tuple[str, str]:
    """Phone and address as they may be shown to whoever need not see them whole."""
    found = await queries.contact_of(call.uow, call.actor, who)
    phone, email = (found.phone, found.email) if found else (None, None)
    return mask("person.phone", phone) or "", mask("person.email", email) or ""


async def _leaving(call: Call, who: UUID, refusal: Refusal | None = None) -> Response[str]:
    found = await queries.leaving(call.uow, call.actor, who, LEAVING)
    return page(
        call,
        "staff_leaving.html",
        status=_status(refusal),
        refusal=refusal,
        found=found,
        person=found.person,
        others=await queries.beside(call.uow, call.actor, found.person),
        names=await queries.role_names(call.uow),
    )


async def _stand_ins(call: Call, refusal: Refusal | None = None) -> Response[str]:
    return page(
        call,
        "stand_ins.html",
        status=_status(refusal),
        refusal=refusal,
        colleagues=await queries.colleagues(call.uow, call.actor),
        lent=await queries.lent(call.uow, call.actor),
        own=await queries.own(call.uow, call.actor),
        names=await queries.role_names(call.uow),
    )


HANDLERS = (
    people, new, create, offices, create_office, person, add_post, set_contacts, enable, reset, disable, propose,
    decide, grant, end_post, stand_in, leaving, leave, stand_ins, lend, take_back,
)  # fmt: skip
