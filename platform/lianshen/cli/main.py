"""``lianshen``: the console script. Each command imports only what it needs."""

import argparse
import asyncio
import sys
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID


def main() -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="lianshen", description="联审")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the schema to the newest revision (LIANSHEN_OWNER_DATABASE_URL)")
    seed = commands.add_parser("seed-demo", help="enter the tenants and people of the demo")
    seed.add_argument("accounts", type=Path, help="JSON file that gets the accounts")
    commands.add_parser("demo", help="run everything here, data in ./.demo (HOST, PORT)")
    commands.add_parser("demo-reset", help="throw the data of the demo away")
    from lianshen.cli import operator_arguments

    operator_arguments.add_parsers(
        commands.add_parser("tenant", help="jurisdictions: create, move, merge, suspend, export, restore"),
        commands.add_parser("operator", help="the platform's own operators"),
    )
    _provider_commands(commands.add_parser("provider", help="OpenID providers through which people sign in"))
    _keys_commands(commands.add_parser("keys", help="the master key and the tenants' data keys"))
    commands.add_parser("matrix", help="who may do what by the base roles, as text: policies/matrix.txt")
    _assess_command(commands.add_parser("assess", help="answer a question about the law: JSON in, JSON out"))
    _audit_commands(commands.add_parser("audit", help="proofs: write them, check them, make the key that signs"))
    _pack_commands(commands.add_parser("pack", help="the packs of the jurisdictions"))
    _staff_commands(commands.add_parser("staff", help="people and posts"))
    from lianshen.cli import calendar

    calendar.add_parser(commands.add_parser("calendar", help="which days are worked: put a notice up, let it count"))
    return _reported(parser.parse_args())


def _reported(arguments: argparse.Namespace) -> int:
    from lianshen.kernel.settings import SettingsError

    try:
        match arguments.command:
            case "matrix":
                return _matrix()
            case "staff":
                return _staff(arguments)
            case "provider":
                return _provider(arguments)
            case _:
                return _run(arguments)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2


def _staff(arguments: argparse.Namespace) -> int:
    from lianshen.cli import people
    from lianshen.kernel.settings import settings

    return people.run(arguments, settings())


def _provider(arguments: argparse.Namespace) -> int:
    from lianshen.cli import providers
    from lianshen.kernel.settings import settings

    return providers.run(arguments, settings())


def _provider_commands(parser: argparse.ArgumentParser) -> None:
    from lianshen.cli import providers

    providers.add_parsers(parser)


def _matrix() -> int:
    from lianshen.access.queries import compile_policy, written
    from lianshen.kernel.settings import settings
    from lianshen.wiring import PERMISSIONS

    print(written(compile_policy(settings().policies_dir, PERMISSIONS)), end="")
    return 0


def _staff_commands(staff: argparse.ArgumentParser) -> None:
    commands = staff.add_subparsers(dest="staff_command", required=True)
    bring = commands.add_parser("import", help="enter people from a list, disabled and without a role")
    bring.add_argument("file", type=Path, metavar="FILE", help=".xlsx or .csv; doing it again goes on where it stopped")
    bring.add_argument("--tenant", required=True, metavar="CODE", help="whose people, in LIANSHEN_DATABASE_URL")
    bring.add_argument("--dry-run", action="store_true", help="only say what each row would come to")


def _assess_command(assess: argparse.ArgumentParser) -> None:
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
    assess.add_argument("--indent", action="store_true", help="for people")


def _keys_commands(parser: argparse.ArgumentParser) -> None:
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


def _audit_commands(audit: argparse.ArgumentParser) -> None:
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


def _audit(arguments: argparse.Namespace) -> int:
    from lianshen.cli import audit
    from lianshen.kernel.settings import settings

    match arguments.audit_command:
        case "verify":
            return audit.check(arguments)
        case "key":
            return audit.key(arguments.file, arguments.algorithm)
        case _:
            return asyncio.run(audit.write(arguments, settings()))


def _pack_commands(pack: argparse.ArgumentParser) -> None:
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
    _release_commands(commands)


def _release_commands(commands: Any) -> None:
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


def _run(arguments: argparse.Namespace) -> int:  # noqa: PLR0911 (one for each command)
    from lianshen.kernel.settings import settings

    match arguments.command:
        case "migrate":
            from lianshen.cli.migrate import upgrade

            asyncio.run(upgrade(settings().owner_database_url, settings().tenants_dir))
            return 0
        case "seed-demo":
            from lianshen.cli.seed import seed_demo

            asyncio.run(seed_demo(settings(), arguments.accounts))
            return 0
        case "keys" | "tenant" | "operator":
            from lianshen.cli import data_keys, operators

            run_one = data_keys.run if arguments.command == "keys" else operators.run
            return asyncio.run(run_one(arguments, settings()))
        case "calendar":
            from lianshen.cli import calendar

            return asyncio.run(calendar.run(arguments, settings()))
        case "assess":
            from lianshen.cli import assess
            from lianshen.kernel.clock import day_of, now

            return assess.run(arguments, settings(), day_of(now()))
        case "audit":
            return _audit(arguments)
        case "pack":
            return _pack(arguments, settings().tenants_dir)
        case _:
            from lianshen.cli.demo import reset, run

            return run() if arguments.command == "demo" else reset()


def _pack(arguments: argparse.Namespace, shipped: Path) -> int:
    from lianshen.cli import packs

    folder = arguments.packs or shipped if "packs" in arguments else shipped
    match arguments.pack_command:
        case "lint":
            code = packs.lint(arguments.paths, arguments.texts, shipped, as_json=arguments.json)
        case "prove":
            code = packs.prove(arguments.paths, shipped)
        case "schema":
            from lianshen.cli import schemas

            code = schemas.write(arguments.out or shipped / "_schema")
        case "keys":
            from lianshen.cli import keys

            code = keys.run(arguments.packs_of_examples)
        case "review" | "publish" | "list":
            from lianshen.cli import releases

            code = releases.run(arguments, shipped)
        case "diff":
            from lianshen.cli import versions

            code = versions.diff(arguments, shipped)
        case "coverage":
            from lianshen.cli import coverage

            code = coverage.run(arguments, shipped)
        case "explain":
            code = packs.explain(arguments.jurisdiction, arguments.key, arguments.on, folder, shipped)
        case "what-if":
            from lianshen.cli import what_if

            code = asyncio.run(what_if.run(arguments, shipped))
        case _:
            code = packs.check(arguments.cases, folder, shipped)
    return code


if __name__ == "__main__":
    sys.exit(main())
