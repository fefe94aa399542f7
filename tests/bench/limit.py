"""The same SQL in one round trip: what the product sends for an operation, recorded and made into one function.

Statements are taken as they reach the driver, so the limit follows the product by itself. What belongs to one
project (ids, session, the link in the chain) becomes an expression over its number; the rest stays as it was sent.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import event

from lianshen.kernel.database import Database
from tests.bench.keys import APPLICANT, LEAD, UNITS, county, key, unit_of

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class PgbenchFailed(Exception):
    """The recorded statements do not work as a function; the message is pgbench's."""


class Sent(NamedTuple):
    """One statement as it reached the driver."""

    sql: str
    values: tuple[Any, ...]


@contextmanager
def recorded(database: Database) -> Iterator[list[Sent]]:
    """Everything that is sent through ``database`` meanwhile."""
    sent: list[Sent] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        sent.append(Sent(sql, tuple(values)))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


class Function:
    """DDL of ``name(turn int)``: does to the project of that turn what was ``sent`` for project ``number`` of a county.

    Turns go round the ``counties``, beginning at project number ``first`` of each. Where a project was ``begun``, which
    is the number that it was given, each turn begins one more in the same tenant, and the ids ``kept`` stay.
    """

    def __init__(
        self, name: str, sent: list[Sent], tenant: str, number: int, *, begun: str = "", kept: Sequence[UUID] = ()
    ) -> None:
        self._name = name
        self._sent = sent
        self._tenant = f"'{tenant}'" if begun else ""
        self._login = APPLICANT if begun else LEAD
        self._made: dict[str, str] = {}
        """Variables that hold ids, by the SQL that makes each."""
        self._link, link = _link(sent)
        self._marks = {tenant: "of_tenant", **_ids_of(tenant, number), **link}
        if begun:
            numbered = f"of_tenant || {_quoted(begun[len(tenant) : -4])} || to_char(numbered, 'FM0000')"
            self._marks = {tenant: "of_tenant", begun: numbered, **link} | {str(one): f"'{one}'" for one in kept}
        words = [*sorted(self._marks, key=len, reverse=True), _UUID, rf'(?<="seq":){self._link}\b']
        self._pattern = re.compile("|".join(words))

    def ddl(self, counties: int, first: int) -> str:
        body = "\n".join(self._statement(one) for one in self._sent)
        made = "\n".join(f"    {variable} uuid := {sql};" for sql, variable in self._made.items())
        return f"""
CREATE OR REPLACE FUNCTION {self._name}(turn int) RETURNS void LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    of_tenant text := {self._tenant or f"({county(0)} + turn % {counties})::text"};
    place int := {first} + turn / {counties};
    secret text := encode(sha256(convert_to(
        of_tenant || '.' || md5(of_tenant || '/session/{self._login}') || 'lianshen', 'UTF8')), 'hex');
{made}
    answer record; head text; link text; leaf text; numbered bigint;
BEGIN
{body}
END $function$"""

    def _statement(self, one: Sent) -> str:
        sql = re.sub(r"\$(\d+)", lambda found: f"({self._spelled(one.values[int(found[1]) - 1])})", one.sql.strip())
        if not _answers(one.sql):
            return f"    {sql};"
        if "chain_head" in sql:
            return (
                f"    {sql} INTO STRICT answer;\n    head := encode(answer.digest, 'hex'); link := answer.seq + 1;\n"
                "    leaf := encode(sha256(answer.digest || uuid_send(gen_random_uuid())), 'hex');"
            )
        noted = " numbered := answer.last;" if "INSERT INTO counter" in sql else ""
        return f"    {sql} INTO STRICT answer;{noted}"

    def _spelled(self, value: Any) -> str:
        """The value as an SQL expression."""
        match value:
            case None | bool():
                return "NULL" if value is None else str(value).lower()
            case int():
                return "link::bigint" if value == self._link else str(value)
            case bytes():
                return f"decode({self._text(value.hex())}, 'hex')"
            case list() | tuple():
                return f"ARRAY[{', '.join(map(self._spelled, value))}]::text[]"
            case datetime() | date():
                return f"{_quoted(value.isoformat())}::{'timestamptz' if isinstance(value, datetime) else 'date'}"
            case _:
                return f"({self._text(str(value))}){'::uuid' if isinstance(value, UUID) else ''}"

    def _text(self, text: str) -> str:
        pieces, at = [], 0
        for found in self._pattern.finditer(text):
            pieces += [_quoted(text[at : found.start()]), self._expression(found[0])]
            at = found.end()
        pieces.append(_quoted(text[at:]))
        return " || ".join(piece for piece in pieces if piece != "''") or "''"

    def _expression(self, mark: str) -> str:
        """What stands for ``mark``; an id that nobody knows was made for this operation and is made anew."""
        if mark == str(self._link):
            return "link"
        sql = self._marks.get(mark) or self._marks.setdefault(mark, f"gen_random_uuid() /* {len(self._marks)} */")
        if sql.startswith(("md5(", "gen_random_uuid(")):
            return self._made.setdefault(sql, f"id_{len(self._made)}") + "::text"
        return sql


def _answers(sql: str) -> bool:
    """True for a statement that answers with rows, for which plpgsql wants a place; a part of it that does is none."""
    rest = [sql[found.end() :] for found in re.finditer(r"\bRETURNING\b", sql)]
    return sql.lstrip().startswith("SELECT") or any(one.count("(") == one.count(")") for one in rest)


def _ids_of(tenant: str, number: int) -> dict[str, str]:
    """The ids that an operation names which were there before it, each with the SQL that makes it."""
    unit = unit_of(number)
    paths = {
        f"project/{number}": "'/project/' || place",
        f"office/{unit}": f"to_char(place % {UNITS}, '\"/office/u\"FM00')",
        "office/sjj": "'/office/sjj'",
        f"person/{LEAD}": f"'/person/{LEAD}'",
        f"post/{LEAD}": f"'/post/{LEAD}'",
    }
    return {str(key(tenant, path)): f"md5(of_tenant || {sql})::uuid" for path, sql in paths.items()}


def _link(sent: list[Sent]) -> tuple[int, dict[str, str]]:
    """The number of the new link in the chain (-1: none was made), and the digests sent, the session's among them."""
    (secret,) = (value.hex() for value in sent[0].values if isinstance(value, bytes))
    marks = {secret: "secret"}
    for value in sent[-1].values:
        if isinstance(value, str) and '"previous"' in value:
            (link,) = json.loads(value)
            return link["seq"], marks | {link["previous"]: "head", link["sm3"]: "leaf", link["sha256"]: "leaf"}
    return -1, marks


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def pgbench(binary: Path, url: str, name: str, *, connections: int, each: int, start: int | None, upto: int) -> None:
    """Call ``name`` ``each`` times on each connection: on turns from ``start`` on, each once, or on any below ``upto``.

    Raises PgbenchFailed when a call fails.
    """
    at = urlsplit(url)
    turn = f"random(0, {upto - 1})" if start is None else f"{start} + :client_id * {each} + :done"
    script = f"\\set turn {turn}\n\\set done :done + 1\nSELECT {name}(:turn);\n"
    said = subprocess.run(
        (
            *(binary, "-n", "-M", "prepared", "-c", str(connections), "-j", "1", "-t", str(each), "-D", "done=0"),
            *("-f", "/dev/stdin", "-h", str(at.hostname), "-p", str(at.port), "-U", str(at.username)),
            at.path.removeprefix("/"),
        ),
        input=script,
        env={**os.environ, "PGPASSWORD": str(at.password), "PGOPTIONS": "-c jit=off"},
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        raise PgbenchFailed(said.stderr)
