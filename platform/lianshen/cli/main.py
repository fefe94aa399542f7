"""``lianshen``: the console script. Each command imports only what it needs."""

import argparse
import asyncio
import sys
from datetime import date
from pathlib import Path
from typing import Any


def main() -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="lianshen", description="联审")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the schema to the newest revision (LIANSHEN_OWNER_DATABASE_URL)")
    seed = commands.add_parser("seed-demo", help="enter the tenants and people of the demo")
    seed.add_argument("accounts", type=Path, help="JSON file that gets the accounts")
    commands.add_parser("demo", help="run everything here, data in ./.demo (HOST, PORT)")
    commands.add_parser("demo-reset", help="throw the data of the demo away")
    _pack_commands(commands.add_parser("pack", help="the packs of the jurisdictions"))
    return _run(parser.parse_args())


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
    lint = commands.add_parser("lint", help="tell everything that is wrong with packs, with file, line and remedy")
    lint.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="jurisdictions, one of them, or one pack")
    lint.add_argument("--texts", type=Path, metavar="DIR", help="regulations as <name>.md: quotations are looked up")
    schema = commands.add_parser(
        "schema", help="write the JSON Schemas of tenants/, by which editors check as one types"
    )
    schema.add_argument("--out", type=Path, metavar="DIR", help="else _schema in the folder of the jurisdictions")
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
    listed = commands.add_parser("list", help="the versions of the law: state, in force, last day, reviewed until")
    listed.add_argument("jurisdictions", nargs="*", metavar="CODE", help="else all of them")
    listed.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="in force on that day, else today")
    listed.add_argument("--packs", type=Path, metavar="DIR", help="folder of the jurisdictions, else those in use")
    listed.add_argument("--json", action="store_true", help="for programs")


def _run(arguments: argparse.Namespace) -> int:
    from lianshen.kernel.settings import settings

    match arguments.command:
        case "migrate":
            from lianshen.cli.migrate import upgrade

            asyncio.run(upgrade(settings().owner_database_url))
            return 0
        case "seed-demo":
            from lianshen.cli.seed import seed_demo

            asyncio.run(seed_demo(settings(), arguments.accounts))
            return 0
        case "pack":
            return _pack(arguments, settings().tenants_dir)
        case "demo":
            from lianshen.cli.demo import run

            return run()
        case _:
            from lianshen.cli.demo import reset

            return reset()


def _pack(arguments: argparse.Namespace, shipped: Path) -> int:
    from lianshen.cli import packs

    if arguments.pack_command == "lint":
        return packs.lint(arguments.paths, arguments.texts, shipped, as_json=arguments.json)
    if arguments.pack_command == "schema":
        from lianshen.cli import schemas

        return schemas.write(arguments.out or shipped / "_schema")
    if arguments.pack_command in ("review", "publish", "list"):
        from lianshen.cli import releases

        return releases.run(arguments, shipped)
    folder = arguments.packs or shipped
    if arguments.pack_command == "explain":
        return packs.explain(arguments.jurisdiction, arguments.key, arguments.on, folder, shipped)
    return packs.check(arguments.cases, folder, shipped)


if __name__ == "__main__":
    sys.exit(main())
