"""The invariants I1 to I14, each a function from the evidence to what violates it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from tests.faults.evidence import Evidence

MOST_BACKENDS = 60
"""What the processes' pools may take together, with the few that a check opens."""
_OF_USERS = ("projects.", "documents.")
_OF_ITSELF = {"projects.recount"}
"""What a new calendar asks of the scheduler; how often is told by ``recounting``."""
_FINAL = {"projects.submit"}
"""Steps that a project of these users goes through once."""


def acknowledged(of: Evidence) -> Iterator[str]:
    """I1: what a client was told is done is there, exactly once, and is what it was told."""
    done = Counter((key, action) for _, key, action, _, result in of.events if result == "done")
    for op in of.history.ops:
        if op.outcome != "ok":
            continue
        times = [count for (key, action), count in done.items() if key == op.key and not action.startswith("identity.")]
        if not times:
            yield f"lost: {op.kind} {op.key}"
        elif max(times) > 1:
            yield f"done {max(times)} times: {op.kind} {op.key}"
        if op.kind == "declare" and ("project", op.said["project"]) not in of.rows:
            yield f"lost: project {op.said['project']}"
        if op.kind == "hand_in" and of.documents.get(op.said["id"], ("", ""))[1] != op.said["sha256"]:
            yield f"lost or changed: document {op.said['id']}"


def unasked(of: Evidence) -> Iterator[str]:
    """I2: nothing is there that nobody asked for; what failed left nothing, what is unknown is there once at most."""
    sent = {op.key: op for op in of.history.ops}
    done = Counter(key for _, key, action, _, result in of.events
                   if result == "done" and action.startswith(_OF_USERS) and action not in _OF_ITSELF)  # fmt: skip
    for key, count in done.items():
        op = sent.get(key)
        if op is None:
            yield f"nobody asked for {key}"
        elif op.outcome == "fail":
            yield f"refused and done: {op.kind} {key} ({op.status} {op.why})"
        elif op.outcome == "unknown" and count > 1:
            yield f"unknown and done {count} times: {op.kind} {key}"


def legal(of: Evidence) -> Iterator[str]:
    """I3: each project is declared first and once, and no step of it is decided twice."""
    paths: dict[str, list[str]] = defaultdict(list)
    for _, _, action, project, result in of.events:
        if project and result == "done" and action.startswith("projects."):
            paths[project].append(action)
    declared = {op.said["project"] for op in of.history.ops if op.kind == "declare" and op.outcome == "ok"}
    for project, path in paths.items():
        if project in declared and (path[0] != "projects.declare" or path.count("projects.declare") != 1):
            yield f"{project} went {path}"
        yield from (f"{project}: {step} {path.count(step)} times" for step in _FINAL if path.count(step) > 1)


def apart(of: Evidence) -> Iterator[str]:
    """I4: nobody saw another tenant's words; every row is of its parent's tenant."""
    yield from of.history.seen
    yield from of.crossing


def timely(of: Evidence) -> Iterator[str]:
    """I5: what was due has had its consequence, once, within the bound."""
    yield from (f"{tenant}: due for {seconds:.0f} s" for tenant, seconds in of.due if seconds > of.bound)
    yield from (f"{tenant}: {what} {count} times" for tenant, what, count in of.consequences if count > 1)


def delivered(of: Evidence) -> Iterator[str]:
    """I6: no message is older than the bound; a submission had its effect; parked ones have a reason and an alarm."""
    open_ = set()
    alarms = "\n".join(text for place, text in of.texts.items() if place.endswith(".log"))
    for tenant, id_, state, age, reason in of.duties:
        open_.add(id_)
        if state in ("parked", "closed"):
            if not reason:
                yield f"{tenant}: {id_} is set aside without a reason"
            if not any("message_parked" in line and id_ in line for line in alarms.splitlines()):
                yield f"{tenant}: {id_} is set aside without an alarm"
        elif age > of.bound:
            yield f"{tenant}: {id_} is {state} for {age:.0f} s"
    submitted = {op.key for op in of.history.ops if op.kind == "submit" and op.outcome == "ok"}
    if not of.duties:
        yield from (f"nobody was told of {key}" for key in sorted(submitted) if not of.effects.get(key))


def proven(of: Evidence) -> Iterator[str]:
    """I7: every ledger verifies up to its head, and every row has its event."""
    yield from of.broken
    yield from (f"no event: {one}" for one in of.silent)


def filed(of: Evidence) -> Iterator[str]:
    """I8: every row has its file with the right content, every visible file its row."""
    named = {f"{tenant}/{sha}" for tenant, sha in of.documents.values()}
    yield from (f"no file: {one}" for one in sorted(named - of.files.keys() - of.staged))
    yield from (f"no row: {one}" for one in sorted(of.files.keys() - named) if one.split("/")[0] in tenants(of))
    yield from (f"content: {one}" for one, sha in of.files.items() if one.split("/")[1] != sha)


def tenants(of: Evidence) -> set[str]:
    return {op.tenant for op in of.history.ops}


def at_rest(of: Evidence) -> Iterator[str]:
    """I9: no transaction that idles, no lock that is waited for, no more connections than allowed, no zombie."""
    yield from (f"{name} idles in a transaction for {age:.0f} s" for name, state, age in of.backends
                if state.startswith("idle in transaction") and age > 5)  # fmt: skip
    yield from of.waiting
    if len(of.backends) > MOST_BACKENDS:
        yield f"{len(of.backends)} connections"
    yield from (f"zombie {pid}" for pid in of.zombies)


def closed(of: Evidence) -> Iterator[str]:
    """I10: nothing was allowed that had to be denied."""
    yield from of.history.allowed


def discreet(of: Evidence) -> Iterator[str]:
    """I11: no secret and no content in logs, Redis or error answers."""
    for place, text in of.texts.items():
        yield from (f"{place} holds {secret[:6]}…" for secret in of.secrets if secret in text)
    yield from of.history.leaked


def signed_out(of: Evidence) -> Iterator[str]:
    """I12: no session lives that was ended."""
    yield from (f"an ended session answered {one}" for one in of.history.revived)


def by_itself(of: Evidence) -> Iterator[str]:
    """I13: every process runs again, everything was done again, within the bound, and nobody helped."""
    yield from (f"{name} does not run" for name in of.dead)
    if of.recovered > of.bound:
        yield f"recovered after {of.recovered:.0f} s, not {of.bound:.0f} s"


def honest(of: Evidence) -> Iterator[str]:
    """I14: whoever was not answered, or told that it failed, learns what became of it by asking under the same key."""
    yield from (f"nobody can tell what became of {key}" for key in of.unresolved)
    yield from (f"misled: {one}" for one in of.history.misled)
    yield from (f"{op.kind} {op.key} was refused with {op.status}" for op in of.history.ops
                if op.outcome == "fail" and op.status not in (403, 404, 409, 412, 422, 429))  # fmt: skip


INVARIANTS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "I1": acknowledged, "I2": unasked, "I3": legal, "I4": apart, "I5": timely, "I6": delivered, "I7": proven,
    "I8": filed, "I9": at_rest, "I10": closed, "I11": discreet, "I12": signed_out, "I13": by_itself, "I14": honest,
}  # fmt: skip


def violations(of: Evidence) -> dict[str, list[str]]:
    """What is violated, by invariant; empty when nothing is."""
    found = {name: list(check(of)) for name, check in INVARIANTS.items()}
    return {name: said for name, said in found.items() if said}
