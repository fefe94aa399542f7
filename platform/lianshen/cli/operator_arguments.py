"""The arguments of ``lianshen tenant`` and ``lianshen operator``."""

import argparse
from datetime import date
from pathlib import Path


def add_parsers(tenant: argparse.ArgumentParser, operator: argparse.ArgumentParser) -> None:
    """The arguments of both commands."""
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
