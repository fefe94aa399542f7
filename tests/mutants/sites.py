"""Where the guards stand, found in the syntax trees; and what each mutant is: one file with one guard taken away."""

import ast
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PLATFORM = ROOT / "platform" / "lianshen"

Stage = tuple[str, ...]
ROUTES = "tests/walls/test_routes.py::test_what_each_route_asks_is_the_committed_file"
REFUSED = "tests/walls/test_routes.py::test_each_role_is_refused_what_its_policy_does_not_grant"
COMMANDS = "tests/walls/test_commands.py"
STRENGTH = "tests/access/test_strength.py"
SIGN_IN = "tests/web/test_sign_in.py"
SECOND = "tests/web/test_second_factor.py"
SESSIONS = "tests/web/test_own_sessions.py"
PASSKEYS = "tests/web/test_passkeys.py"
STEP_UP = "tests/web/test_step_up.py"
API = "tests/web/test_api.py"
LIMITS = "tests/web/test_limits.py"
DUTIES = "tests/workers/test_duties.py"
DOORS = "tests/walls/test_doors.py"
COMPLETE = "tests/audit/test_complete.py"
SEALS = "tests/cipher/test_seals.py"
CALLERS = ("tests/access", "tests/staff", "tests/systems", "tests/providers", "tests/tenancy", "tests/operations",
           "tests/personal", "tests/projects", "tests/versions", "tests/workers", "tests/notifications", "tests/walk",
           "tests/identity", "tests/cipher", "tests/audit", "tests/walls", "tests/web")  # fmt: skip
"""Who is asked in the end, before a mutant counts as having survived."""
HEARD: dict[str, str] = {
    "providers.sign_in": "tests/providers/test_sign_in.py",
    "providers.": "tests/providers/test_configuring.py",
    "identity.add_passkey": "tests/web/test_passkeys.py",
    "identity.end_passkey": "tests/web/test_passkeys.py",
    "identity.passkey_copied": "tests/web/test_passkeys.py",
    "access.": "tests/access/test_own_roles.py::test_row_stamp_and_event_stand_or_fall_together",
    "audit.receive_root": "tests/audit/test_roots.py",
    "identity.set_password": f"{SESSIONS}::test_a_new_password_ends_every_other_session_in_every_process",
    "identity.confirm_again": f"{STEP_UP}::test_an_old_session_is_asked_and_the_act_then_goes_on_as_it_was_typed",
    "identity.act_in": "tests/web/test_acting_post.py",
    "identity.end_session": f"{SESSIONS}::test_the_list_shows_ones_own_sessions_and_ends_any_of_them",
    "identity.use_recovery_code": f"{SECOND}::test_a_recovery_code_works_once_and_is_kept_as_a_digest",
    "identity.set_factor": f"{SECOND}::test_a_reviewer_sets_a_factor_up_before_anything_else",
    "identity.new_codes": f"{SECOND}::test_new_recovery_codes_replace_the_old_ones_and_are_in_the_ledger",
    "identity.unusual_sign_in": f"{SESSIONS}::test_a_sign_in_from_a_new_place_or_after_long_is_told",
    "identity.sign": "tests/walls/test_acts.py::test_coming_and_going_is_in_the_ledger",
    "identity.unmask": "tests/personal/test_unmasking.py::test_seeing_it_whole_is_an_event_with_its_reason",
    "operations.deleted": "tests/operations/test_archives.py",
    "operations.restore": "tests/operations/test_archives.py",
    "operations.": "tests/operations/test_page.py",
    "tenancy.found": "tests/operations/test_page.py",
    "tenancy.{after}": "tests/operations/test_page.py",
    "tenancy.": "tests/tenancy/test_tree.py",
    "projects.hand_over": "tests/staff/test_leaving.py",
    "doing.action": "tests/walk/test_walk.py",
    "staff.": "tests/staff/test_administrators.py",
    "systems.": "tests/systems/test_systems.py",
    "versions.law_ends": "tests/versions/test_ends.py",
    "versions.": "tests/versions/test_moves.py",
    "file": f"{COMPLETE}::test_a_file_is_handed_out_only_if_that_can_be_recorded",
    "search": f"{COMPLETE}::test_whoever_reads_the_ledger_is_in_it",
    "export": COMPLETE,
}
"""By the beginning of what is recorded, the longest first: the test that follows it into the ledger."""
ACTS: dict[str, Stage] = {
    "identity": ("tests/walls/test_acts.py::test_coming_and_going_is_in_the_ledger", SESSIONS, SECOND, SIGN_IN,
                 "tests/web/test_acting_post.py", "tests/web/test_passkeys.py", STEP_UP),
    "access": ("tests/access", "tests/web/test_rights.py"),
    "documents": ("tests/walk/test_walk.py", API),
    "projects": ("tests/walk/test_walk.py", "tests/projects"),
    "reviews": ("tests/walk/test_walk.py", "tests/walk/test_walk_jingzhou.py"),
    "staff": ("tests/staff", "tests/web/test_staff.py"),
    "web": (COMPLETE, "tests/web"),
    "deadlines": ("tests/workers/test_sweep.py",),
    "kernel": ("tests/cipher", DUTIES, API),
}  # fmt: skip
"""Where the acts of a module are followed, besides its own folder of tests and the audit's."""


class Mutant(NamedTuple):
    """One change of one file. ``tests`` are asked stage by stage until one notices."""

    what: str
    path: Path
    source: str
    tests: tuple[Stage, ...]


class Site(NamedTuple):
    """A guard that is called by name: in which file each of its calls is taken away, and the tests that must notice."""

    path: str
    guard: str
    tests: Stage


STATEMENTS = (
    Site("web/_auth.py", "_require_our_origin", (SIGN_IN,)),
    Site("web/_auth.py", "_require_form_key", (SIGN_IN,)),
    Site("web/_auth.py", "_require_finished", (SECOND,)),
    Site("web/_auth.py", "_require_mark", (REFUSED,)),
    Site("web/_auth.py", "require_fresh", (STEP_UP, "tests/personal")),
    Site("web/_auth.py", "claim_key", (API,)),
    Site("web/_auth.py", "_count", (LIMITS,)),
    Site("web/_auth.py", "confirm_again", (STEP_UP,)),
    Site("web/_edge.py", "remember_answer", (API,)),
    Site(
        "web/_edge.py",
        "_note_denial",
        (
            f"{COMPLETE}::test_what_is_not_there_and_a_forged_form_are_denials_too",
            f"{COMPLETE}::test_a_page_that_says_no_is_a_denial_too",
        ),
    ),
    Site("web/_edge.py", "at_commit", ("tests/web/test_check_and_act.py",)),
    Site("web/_edge.py", "count", (LIMITS,)),
    Site("web/_edge.py", "check", ("tests/web/test_door.py",)),
    Site("web/app.py", "require_marks", (SIGN_IN,)),
    Site("web/app.py", "require_fitness", (DOORS, "tests/web/test_serving.py")),
    Site("web/_startup.py", "require_fitness", (DOORS,)),
    Site("web/_step_up.py", "count", (LIMITS, STEP_UP)),
    Site("access/queries.py", "require_strength", (STEP_UP,)),
    Site("access/strength.py", "require_fresh", (STEP_UP,)),
    Site("identity/_signing_in.py", "count_failure", (SIGN_IN, SECOND, SESSIONS, PASSKEYS)),
    Site("identity/_account.py", "end_sessions", (SESSIONS, SECOND, PASSKEYS)),
    Site("staff/commands.py", "end_sessions", ("tests/staff", SESSIONS)),
    Site("staff/commands.py", "_require_another", ("tests/staff",)),
    Site("audit/commands.py", "at_commit", ("tests/audit/test_ledger.py",)),
    Site("kernel/database.py", "listen", (DOORS,)),
    Site("kernel/database.py", "require_intact", ("tests/cipher/test_integrity.py",)),
    Site("kernel/database.py", "protect_written", ("tests/cipher/test_integrity.py", "tests/cipher/test_seals.py")),
    Site("kernel/database.py", "_record_reading", (COMPLETE,)),
    Site("kernel/integrity.py", "note_altered", ("tests/cipher/test_integrity.py",)),
    Site("identity/_store.py", "require_ours", ("tests/cipher/test_integrity.py",)),
    Site("projects/_seal_store.py", "require_ours", (SEALS,)),
    Site("projects/_store.py", "require_ours", (SEALS,)),
    Site("documents/_store.py", "require_ours", (SEALS,)),
    Site("receipts/_store.py", "require_ours", (SEALS,)),
    Site("access/_store.py", "wrote", (SEALS,)),
    Site("kernel/_provider.py", "self_test", ("tests/cipher/test_provider.py",)),
    Site("operations/commands.py", "_require_foundable", ("tests/operations/test_page.py",)),
    Site("tenancy/commands.py", "_require_state", ("tests/tenancy", "tests/operations/test_page.py")),
)
"""Statements of our package that do nothing but guard."""
WORKERS = (
    Site("sweep.py", "say_unseen", ("tests/walls/test_workers.py::test_whoever_cannot_see_raises_the_alarm",)),
    Site("deliver.py", "say_unseen", ("tests/walls/test_workers.py::test_whoever_cannot_see_raises_the_alarm",)),
    Site("operator.py", "require_standing", ("tests/operations/test_page.py",)),
    Site("deliver.py", "finish", (DUTIES,)),
)
"""The same in the workers."""


class Words(NamedTuple):
    """A guard within an expression or a statement of SQL: what stands there, what the mutant has instead."""

    path: str
    before: str
    after: str
    what: str
    tests: Stage


WORDS = (
    # the outbox: a job is asked for, written, counted, held, and done once
    Words("platform/lianshen/audit/commands.py",
          "for job in (uow.jobs_for(event.action) if event.jobs is None else event.jobs)", "for job in ()",
          "nothing is put into the outbox", (DUTIES,)),
    Words("platform/lianshen/audit/_store.py", "FROM jsonb_to_recordset(:jobs) AS j (id uuid",
          "FROM jsonb_to_recordset(:jobs) AS j LIMIT 0 (id uuid", "the outbox's insert is spoilt", (DUTIES,)),
    Words("platform/lianshen/wiring.py", 'return ("tell_oneself",)', "return ()", "nobody is told of their account",
          (SESSIONS, "tests/notifications")),
    Words("platform/lianshen/wiring.py", 'return ("hand_over_notices",)', "return ()", "notices stay behind",
          ("tests/staff/test_leaving.py",)),
    Words("platform/lianshen/wiring.py", "return _OF_THE_LEDGER[action]", "return ()", "roots are not filed",
          ("tests/audit/test_roots.py",)),
    Words("platform/lianshen/wiring.py", 'return ("tell_concerned",)', "return () and ()", "the concerned hear nothing",
          (DUTIES,)),
    Words("workers/lianshen_workers/deliver.py", "if not await outbox.hold(uow, message, attempt):", "if False:",
          "a message is not held while it is worked on", (DUTIES,)),
    Words("platform/lianshen/kernel/_store.py", "SET attempts = least(attempts + 1, :most)", "SET attempts = attempts",
          "attempts are not counted", (DUTIES,)),
    # idempotency: a key is claimed once, compared with what it was claimed for, and its answer kept
    Words("platform/lianshen/web/_replay.py", "elif found.digest == digest:", "elif True:",
          "a key brings back another request's answer", (API,)),
    Words("platform/lianshen/web/_replay.py", "parts = [request.method.encode(), request.url.path.encode()",
          'parts = [b"", b""', "a key is not bound to its address", (API,)),
    Words("platform/lianshen/audit/_store.py",
          "insert(received_root).values(values).on_conflict_do_nothing()", "insert(received_root).values(values)",
          "a root that comes twice fails", ("tests/audit/test_roots.py",)),
    Words("platform/lianshen/notifications/_store.py", "upsert(notice).on_conflict_do_nothing()", "upsert(notice)",
          "a notice that comes twice fails", (DUTIES, "tests/notifications")),
    # rights
    Words("platform/lianshen/web/_auth.py",
          "if (permission and not may(actor, permission)) or", "if False or", "the guard asks for no permission",
          (REFUSED,)),
    Words("platform/lianshen/web/_auth.py", 'weighty = "step_up" in opt or is_weighty(opt.get("permission"))',
          'weighty = is_weighty(opt.get("permission"))', "the mark of step-up is not read",
          (STEP_UP, "tests/personal", SECOND)),
    Words("platform/lianshen/web/_auth.py", 'weighty = "step_up" in opt or is_weighty(opt.get("permission"))',
          'weighty = "step_up" in opt', "the policy of step-up is not read by the guard", (STEP_UP, "tests/personal")),
    Words("platform/lianshen/kernel/integrity.py",
          "return compare_digest(found[HEAD:], _code(uow.tenant, table, canon, secret))", "return True",
          "any code of a row will do", ("tests/cipher/test_integrity.py",)),
)  # fmt: skip
"""What is no statement of its own."""


def mutants() -> Iterator[Mutant]:
    """All of them, from the present source."""
    for path in sorted(PLATFORM.rglob("*.py")):
        if not {"node_modules", "cli"} & set(path.parts):
            yield from _of_file(path)
    yield from _of_strength()
    for place, sites in ((PLATFORM, STATEMENTS), (ROOT / "workers" / "lianshen_workers", WORKERS)):
        for site in sites:
            yield from _of_site(place / site.path, site)
    for words in WORDS:
        source = (ROOT / words.path).read_text(encoding="utf-8")
        assert source.count(words.before) == 1, f"{words.path} no longer says {words.before}"
        changed = source.replace(words.before, words.after)
        yield Mutant(f"{words.path} {words.what}", Path(words.path), changed, (words.tests, CALLERS))


def _of_file(path: Path) -> Iterator[Mutant]:
    """Questions of commands, acts that are recorded, and marks of routes."""
    name, module = path.relative_to(ROOT), path.relative_to(PLATFORM).parts[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = ACTS.get(module, ()) or (f"tests/{module}",)
    for node in ast.walk(tree):
        verbs = path.name in ("commands.py", "queries.py")
        if verbs and isinstance(node, ast.Expr) and _calls(node.value) == "require":
            yield _without(name, tree, node, "nobody asks who may", (COMMANDS,), own)
        if not isinstance(node, ast.Call):
            continue
        if _calls(node) in ("record", "note_read") and path != PLATFORM / "audit" / "commands.py" and node.args:
            what = f"{name}:{node.lineno} the ledger hears nothing: {_said(node)}"
            yield Mutant(what, name, _changed(tree, node, _unheard), (*_heard(node), own, ("tests/audit", *own)))
        if _calls(node) in ("needs", "limited") and path.name != "_auth.py":
            weaker = ast.parse("{'signed_in': 'person'}" if _calls(node) == "needs" else "{}", mode="eval").body
            what = f"{name}:{node.lineno} a weaker mark than {ast.unparse(node)}"
            yield Mutant(what, name, _changed(tree, node, lambda _, weaker=weaker: weaker), ((ROUTES,),))
            if any(word.arg == "step_up" for word in node.keywords):
                what = f"{name}:{node.lineno} no step-up with {ast.unparse(node)}"
                yield Mutant(what, name, _changed(tree, node, _without_words), ((ROUTES,),))


def _of_strength() -> Iterator[Mutant]:
    """Each word of each line of the policy of strength."""
    path = ROOT / "policies" / "strength.csv"
    source = path.read_text(encoding="utf-8")
    for line in source.splitlines():
        permission, _, words = line.partition(",")
        for word in words.split() if not line.startswith("#") else ():
            rest = " ".join(one for one in words.split() if one != word)
            changed = source.replace(line + "\n", f"{permission}, {rest}\n" if rest else "")
            what = f"policies/strength.csv {permission} no longer asks {word}"
            yield Mutant(what, path.relative_to(ROOT), changed, ((STRENGTH,),))


def _of_site(path: Path, site: Site) -> Iterator[Mutant]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and _calls(node.value) == site.guard]
    assert nodes, f"{site.path} no longer calls {site.guard}"
    for node in nodes:
        yield _without(path.relative_to(ROOT), tree, node, f"without {site.guard}", site.tests, CALLERS)


class _Changed(ast.NodeTransformer):
    """Changes the node at ``place`` by ``change``."""

    def __init__(self, place: tuple[int, int, int], kind: type[ast.AST], change: Callable[[ast.AST], ast.AST]) -> None:
        self._place, self._kind, self._change = place, kind, change

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, self._kind) and _place(node) == self._place:
            return self._change(node)
        return self.generic_visit(node)


def _place(node: ast.AST) -> tuple[int, int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", -1), getattr(node, "end_col_offset", -1) or -1


def _calls(node: ast.AST) -> str:
    """The name of what an expression calls, awaited or not; empty if it calls nothing."""
    match node:
        case ast.Await(value=inner):
            return _calls(inner)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""


def _said(node: ast.Call) -> str:
    """The action that is recorded."""
    return ast.unparse(node.args[1]) if len(node.args) > 1 else ""


def _heard(node: ast.Call) -> tuple[Stage, ...]:
    said = _said(node).removeprefix("f").strip("'\"")
    known = max((begin for begin in HEARD if said.startswith(begin)), key=len, default="")
    return ((HEARD[known],),) if known else ()


def _unheard(node: ast.AST) -> ast.AST:
    """The same call to a unit of work that keeps nothing of it."""
    assert isinstance(node, ast.Call)
    deaf = "__import__('types').SimpleNamespace(now={uow}.now, at_commit=lambda *_: None)"
    node.args[0] = ast.parse(deaf.format(uow=ast.unparse(node.args[0])), mode="eval").body
    return node


def _without_words(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    node.keywords = []
    return node


def _without(name: Path, tree: ast.Module, node: ast.Expr, what: str, *tests: Stage) -> Mutant:
    return Mutant(f"{name}:{node.lineno} {what}", name, _changed(tree, node, lambda _: ast.Pass()), tests)


def _changed(tree: ast.Module, node: ast.expr | ast.Expr, change: Callable[[ast.AST], ast.AST]) -> str:
    made = _Changed(_place(node), type(node), change).visit(copy.deepcopy(tree))
    return ast.unparse(ast.fix_missing_locations(made))
