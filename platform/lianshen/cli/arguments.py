"""The arguments of every command. Nothing of the product is imported: whoever asks for help waits for none of it."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID


def parser() -> argparse.ArgumentParser:
    """All commands with their arguments."""
    made = argparse.ArgumentParser(prog="lianshen", description="联审")
    commands = made.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the schema to the newest revision (LIANSHEN_OWNER_DATABASE_URL)")
    seed = commands.add_parser("seed-demo", help="enter the tenants and people of the demo")
    seed.add_argument("accounts", type=Path, help="JSON file that gets the accounts")
    commands.add_parser("demo", help="run everything here, data in ./.demo (HOST, PORT)")
    commands.add_parser("demo-reset", help="throw the data of the demo away")
    _operators(
        commands.add_parser("tenant", help="jurisdictions: create, move, merge, suspend, export, restore"),
        commands.add_parser("operator", help="the platform's own operators"),
    )
    commands.add_parser("matrix", help="who may do what by the base roles, as text: policies/matrix.txt")
    for name, declare, help_ in (
        ("provider", _providers, "OpenID providers through which people sign in"),
        ("keys", _keys, "the master key and the tenants' data keys"),
        ("assess", _assess, "answer a question about the law: JSON in, JSON out"),
        ("audit", _audit, "proofs: write them, check them, make the key that signs"),
        ("pack", _packs, "the packs of the jurisdictions"),
        ("staff", _staff, "people and posts"),
        ("calendar", _calendar, "which days are worked: put a notice up, let it count"),
    ):
        declare(commands.add_parser(name, help=help_))
    return made


def _operators(tenant: argparse.ArgumentParser, operator: argparse.ArgumentParser) -> None:
    operator.add_subparsers(dest="operator_command", required=True).add_parser(
        "bootstrap", help="enter the platform's own tenant and its first two operators, once"
    )
    to = tenant.add_subparsers(dest="tenant_command", required=True)
    for name, said in (("list", "all of them, with state"), ("tree", "who stands above whom")):
        to.add_parser(name, help=said).add_argument("--on", type=date.fromisoformat, metavar="DATE", help="else today")
    create = to.add_parser("create", help="a working jurisdiction: place, ledger, keys, offices, three administrators")
    create.add_argument("code", metavar="CODE", help="GB/T 2260")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--level", choices=("county", "city", "province"), default="county")
    create.add_argument("--parent", metavar="CODE")
    create.add_argument(
        "--since", type=date.fromisoformat, metavar="DATE", help="first day under the parent, else today"
    )
    create.add_argument("--template", metavar="CODE", help="a jurisdiction whose offices it begins with")
    create.add_argument("--offices", type=Path, metavar="FILE.yaml", help="or a list of offices, as in demo.yaml")
    for name, said in (("suspend", "nobody of it acts and nothing runs"), ("resume", "undo suspend")):
        parser = to.add_parser(name, help=said)
        parser.add_argument("code", metavar="CODE")
        parser.add_argument("--reason", required=True)
    to.add_parser("export", help="all of it in one archive").add_argument("code", metavar="CODE")
    to.add_parser("restore", help="enter an archive where the tenant is not").add_argument(
        "archive", type=Path, metavar="ARCHIVE.zip"
    )
    move = to.add_parser("move", help="under another parent from a day on; the past stays as it was")
    move.add_argument("code", metavar="CODE")
    move.add_argument("parent", metavar="PARENT")
    move.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="else today")
    rename = to.add_parser("rename", help="another name from today")
    rename.add_argument("code", metavar="CODE")
    rename.add_argument("name", metavar="NAME")
    for name, said in (("merge", "into another: it becomes read-only"), ("split", "among several others")):
        parser = to.add_parser(name, help=said)
        parser.add_argument("code", metavar="CODE")
        parser.add_argument("--into", nargs="+", required=True, metavar="CODE")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")
        if name == "split":
            parser.add_argument("--close", action="store_true", help="it ends; else a part of it stays")


def _providers(parser: argparse.ArgumentParser) -> None:
    to = parser.add_subparsers(dest="provider_command", required=True)
    put = to.add_parser("set", help="enter a provider, or change the one of that name")
    put.add_argument("name", metavar="NAME", help="as the sign-in page shows it")
    put.add_argument("--issuer", required=True, metavar="URL", help="exactly as the provider states it; it stays")
    put.add_argument("--client-id", required=True, metavar="ID")
    put.add_argument(
        "--secret-file", type=argparse.FileType("r", encoding="utf-8"), metavar="FILE", help="- is stdin; else it stays"
    )
    put.add_argument("--host", action="append", default=[], metavar="HOST", help="asked besides the issuer's own")
    put.add_argument("--private", action="store_true", help="it stands in our own network: private addresses, http")
    put.add_argument("--trust-amr", action="append", default=[], metavar="VALUE", help="counts as a second factor")
    put.add_argument("--trust-acr", action="append", default=[], metavar="VALUE", help="counts as a second factor")
    show = to.add_parser("list", help="name, issuer, client")
    end = to.add_parser("remove", help="nobody signs in through it any more; its links end")
    end.add_argument("name", metavar="NAME")
    for one in (put, show, end):
        one.add_argument("--tenant", required=True, metavar="CODE", help="whose, in LIANSHEN_DATABASE_URL")


def _calendar(parser: argparse.ArgumentParser) -> None:
    to = parser.add_subparsers(dest="calendar_command", required=True)
    show = to.add_parser("show", help="which editions count, and how far the published years reach")
    show.add_argument("--tenant", metavar="CODE", help="with its own days, else the nation's")
    show.add_argument("--year", type=int, metavar="Y", help="every marked day of that year")
    load = to.add_parser("load", help="put a year up: the notice's words, or a year's file")
    load.add_argument("file", type=argparse.FileType(encoding="utf-8"), metavar="FILE", help="- for standard input")
    preview = to.add_parser("preview", help="what it would move, by jurisdiction; the scheduler counts")
    publish = to.add_parser("publish", help="let it count: another operator than whoever put it up")
    for command in (preview, publish):
        command.add_argument("plan", type=UUID, metavar="PLAN", help="as load says it")
    for command in (load, preview, publish):
        command.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="the operator who does it")


def _staff(staff: argparse.ArgumentParser) -> None:
    commands = staff.add_subparsers(dest="staff_command", required=True)
    bring = commands.add_parser("import", help="enter people from a list, disabled and without a role")
    bring.add_argument("file", type=Path, metavar="FILE", help=".xlsx or .csv; doing it again goes on where it stopped")
    bring.add_argument("--tenant", required=True, metavar="CODE", help="whose people, in LIANSHEN_DATABASE_URL")
    bring.add_argument("--dry-run", action="store_true", help="only say what each row would come to")


def _assess(assess: argparse.ArgumentParser) -> None:
    assess.add_argument("file", nargs="?", default="-", metavar="FILE", help="the question, else standard input")
    assess.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    assess.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="the law of that day, else of today")
    assess.add_argument(
        "--explain",
        action="append",
        default=[],
        metavar="KIND:CODE",
        help="what would change this item: paper:contract, step:filing, action:submit, scope, management …",
    )
    form = assess.add_mutually_exclusive_group()
    form.add_argument("--brief", action="store_true", help="for people: a line for each thing, in Chinese")
    form.add_argument("--indent", action="store_true", help="everything, one value a line")


def _keys(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="keys_command", required=True)
    commands.add_parser("make", help="a new master key, in front of those in LIANSHEN_MASTER_KEY_FILE")
    split = commands.add_parser("split", help="the master keys in parts for different keepers; all parts are needed")
    split.add_argument("parts", nargs="+", type=Path, metavar="FILE", help="where each part goes")
    join = commands.add_parser("join", help="LIANSHEN_MASTER_KEY_FILE again from all its parts")
    join.add_argument("parts", nargs="+", type=Path, metavar="FILE")
    for name, help_, needed in (
        ("list", "purpose, state and age of every data key", False),
        ("rotate", "new data keys; what the former ones protect is renewed in the background", False),
        ("rewrap", "wrap the data keys by the first master key in the file", False),
        ("protect", "let the guarded rows count as they are now, after an upgrade or a repair", False),
        ("destroy", "destroy a tenant's data keys: what they protect can never be read again", True),
    ):
        command = commands.add_parser(name, help=help_)
        command.add_argument("--tenant", metavar="CODE", required=needed, help="" if needed else "else all tenants")
        if name == "destroy":
            command.add_argument("--confirm", metavar="CODE", required=True, help="the tenant's code once more")


def _audit(audit: argparse.ArgumentParser) -> None:
    commands = audit.add_subparsers(dest="audit_command", required=True)
    verify = commands.add_parser("verify", help="check a proof or an exported ledger; needs no database")
    verify.add_argument("file", type=Path, metavar="FILE.zip")
    verify.add_argument("--key", type=Path, metavar="PEM", help="public key that must have signed")
    verify.add_argument("--ca", type=Path, metavar="PEM", help="whom to believe time stamps of")
    verify.add_argument(
        "--checkpoints", type=Path, metavar="DIR", help="the jurisdiction's checkpoints kept elsewhere, which must fit"
    )
    bundle = commands.add_parser("bundle", help="the proof of one decision")
    export = commands.add_parser("export", help="a whole ledger that checks itself")
    for command in (bundle, export):
        command.add_argument("tenant", metavar="TENANT", help="code of the jurisdiction")
        command.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    bundle.add_argument("project", type=UUID, metavar="PROJECT", help="id")
    bundle.add_argument("seq", type=int, metavar="SEQ", help="number of the record, as the timeline shows it")
    key = commands.add_parser("key", help="make the key that signs checkpoints; its public part is put beside it")
    key.add_argument("file", type=Path, metavar="FILE.pem")
    key.add_argument("--algorithm", choices=("sm2", "ed25519"), default="sm2")


def _packs(pack: argparse.ArgumentParser) -> None:
    commands = pack.add_subparsers(dest="pack_command", required=True)
    check = commands.add_parser("check", help="put cases to the packs and print every difference")
    check.add_argument("cases", type=Path, nargs="+", metavar="CASES.yaml")
    check.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    explain = commands.add_parser("explain", help="who says what about a key: the level that holds, what it shadows")
    explain.add_argument("jurisdiction", help="code or folder name, e.g. 320723 or guanyun")
    explain.add_argument("key", help="e.g. parameters.joint_review_from")
    explain.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="the version of that day, or the newest")
    explain.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    coverage = commands.add_parser("coverage", help="how each clause of the regulations is accounted for")
    coverage.add_argument(
        "--clauses", type=Path, required=True, metavar="CLAUSES.csv", help="id, jurisdiction, article, quote"
    )
    coverage.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    coverage.add_argument(
        "--on", type=date.fromisoformat, metavar="DATE", help="the version of that day, or the newest"
    )
    coverage.add_argument("--each", action="store_true", help="every clause, not only the open ones")
    coverage.add_argument("--json", action="store_true", help="for programs")
    lint = commands.add_parser("lint", help="tell everything that is wrong with packs, with file, line and remedy")
    lint.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="jurisdictions, one of them, or one pack")
    lint.add_argument("--texts", type=Path, metavar="DIR", help="regulations as <name>.md: quotations are looked up")
    prove = commands.add_parser("prove", help="keep projects that show every rule at work, so that packs read quickly")
    prove.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="jurisdictions, one of them, or one pack")
    schema = commands.add_parser(
        "schema", help="write the JSON Schemas of tenants/, by which editors check as one types"
    )
    schema.add_argument("--out", type=Path, metavar="DIR", help="else _schema in the folder of the jurisdictions")
    keys = commands.add_parser("keys", help="every key of the language as a table, Markdown: tenants/KEYS.md")
    keys.add_argument("packs_of_examples", type=Path, nargs="+", metavar="PACK", help="examples are taken from these")
    lint.add_argument("--json", action="store_true", help="for programs")
    _releases(commands)


def _releases(commands: Any) -> None:
    new = commands.add_parser("new", help="begin the pack of a jurisdiction with a copy of another's: a draft")
    new.add_argument("code", metavar="CODE", help="GB/T 2260")
    new.add_argument("--template", required=True, metavar="CODE", help="whose newest version is copied")
    new.add_argument("--title", required=True, metavar="TITLE", help="of the jurisdiction's own text")
    new.add_argument("--since", required=True, type=date.fromisoformat, metavar="DATE", help="its first day")
    new.add_argument("--slug", default="", metavar="PINYIN", help="in the folder's name, where there is none yet")
    new.add_argument("--name", default="", metavar="NAME", help="of the jurisdiction, where there is no folder yet")
    new.add_argument("--level", choices=("county", "city", "province"), default="county")
    new.add_argument("--parent", action="append", default=[], metavar="CODE", help="who stands above it")
    new.add_argument("--parent-since", type=date.fromisoformat, metavar="DATE", help="else the pack's first day")
    new.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    review = commands.add_parser("review", help="note that somebody other than the drafter has reviewed packs")
    publish = commands.add_parser("publish", help="publish reviewed packs: from then on their files do not change")
    for command, doing in ((review, "reviews"), (publish, "publishes")):
        command.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="folders of packs, oldest first")
        command.add_argument("--by", required=True, metavar="NAME", help=f"who {doing}")
        command.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="the day, else today")
    review.add_argument("--drafter", metavar="NAME", help="who drafted it; may be left out if reviewed before")
    review.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="law checked up to, else the day")
    diff = commands.add_parser("diff", help="what changed between two versions, in plain Chinese")
    diff.add_argument("old", metavar="OLD", help="folder of a pack, or its reference, e.g. 320723@2025-09-06")
    diff.add_argument("new", metavar="NEW", help="folder of a pack, or its reference")
    diff.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    diff.add_argument("--json", action="store_true", help="for programs")
    what_if = commands.add_parser("what-if", help="what a version would change for projects: a table of outcomes")
    what_if.add_argument("draft", metavar="DRAFT", help="folder of a pack, or its reference")
    source = what_if.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--facts", type=Path, metavar="FILE.jsonl", help='lines of {"number", "on", "facts"}; - is stdin'
    )
    source.add_argument("--tenant", metavar="CODE", help="the projects of a tenant, from LIANSHEN_DATABASE_URL")
    what_if.add_argument("--year", type=int, metavar="Y", help="projects begun in that year, else all")
    what_if.add_argument(
        "--against", metavar="REF", help="folder or reference, else the version that the draft follows"
    )
    what_if.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="day of facts without one, else today")
    what_if.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    what_if.add_argument("--out", type=Path, metavar="FILE.csv", help="every difference of every project")
    what_if.add_argument("--json", action="store_true", help="for programs")
    listed = commands.add_parser("list", help="the versions of the law: state, in force, last day, reviewed until")
    listed.add_argument("jurisdictions", nargs="*", metavar="CODE", help="else all of them")
    listed.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="in force on that day, else today")
    listed.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    listed.add_argument("--json", action="store_true", help="for programs")
