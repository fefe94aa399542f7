"""``lianshen``: the console script. Each command imports only what it needs."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from lianshen.cli.arguments import parser

_UNREAD = 141
"""The exit code of a program whose reader has gone, as the shell has it: 128 and SIGPIPE."""


def main() -> int:
    """Run one command; returns the exit code. Whoever reads its output may stop at any line."""
    try:
        code = _reported(parser().parse_args())
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more is written when Python ends
        return _UNREAD
    return code


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


def _matrix() -> int:
    from lianshen.access.queries import compile_policy, written
    from lianshen.kernel.settings import settings
    from lianshen.wiring import PERMISSIONS

    print(written(compile_policy(settings().policies_dir, PERMISSIONS)), end="")
    return 0


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
        case "keys":
            from lianshen.cli import data_keys

            return asyncio.run(data_keys.run(arguments, settings()))
        case "tenant" | "operator":
            from lianshen.cli import operators

            return asyncio.run(operators.run(arguments, settings()))
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
        case "new" | "review" | "publish" | "list":
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
