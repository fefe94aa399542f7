"""Lines of the log: one event a line, nothing personal, nothing secret, nothing that is not seen (D133, D134)."""

import json
import subprocess
import sys

import pytest

from lianshen.kernel.log import TAKEN_OUT, plain

TOKEN = "320723.Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"
WRITE = """
import logging, sys, json
from lianshen.kernel import log
log.configure(sys.argv[1])
typed = json.loads(sys.argv[2])
log.get("test").info("said", typed=typed, password="hunter2", **{"name": typed})
logging.getLogger("some.library").error("it said %s", typed)
try:
    raise ValueError(typed)
except ValueError:
    log.get("test").exception("failed")
"""


def written(fmt: str, typed: str) -> bytes:
    command = (sys.executable, "-c", WRITE, fmt, json.dumps(typed))
    return subprocess.run(command, capture_output=True, check=True).stderr


@pytest.mark.demand("D133")
@pytest.mark.parametrize(
    "secret",
    [TOKEN, "13800138000", "051881234567", "0518-81234567", "32072319900101123X", "zhang.san@example.gov.cn",
     "Bearer abc.def"],
)  # fmt: skip
def test_what_is_nobodys_business_is_taken_out_wherever_it_stands(secret):
    for said in (
        secret,
        f"“{secret}”",
        f"before {secret} after",
        [secret],
        {"x": {"y": (secret,)}},
        ValueError(secret),
    ):
        found = str(plain(said))
        assert secret not in found
        assert TAKEN_OUT in found


@pytest.mark.demand("D133")
@pytest.mark.parametrize("name", ["password", "new_password", "token", "Authorization", "Cookie", "form_key", "phone"])
def test_some_names_never_have_a_value(name):
    assert plain({name: "anything", "deep": {name: 1}}) == {name: TAKEN_OUT, "deep": {name: TAKEN_OUT}}


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-25T16:55:56.123456Z",
        "9d3f6f1c-0b58-4c9e-9d3f-6f1c0b584c9e",
        "480000.00",
        "320723@2025-09-06",
        "1380013800013800138000",
        13800138000.5,
        "第十五条（三）",
    ],
)
def test_what_is_neither_stays(said):
    assert plain(said) == said


@pytest.mark.demand("D134")
@pytest.mark.parametrize("fmt", ["json", "console"])
def test_nobody_can_begin_a_line_or_turn_or_colour_it(fmt):
    typed = 'x\r\n{"event": "forged"}\n\x1b[31mred\u202eturned\u2028\x9b1m\x00'
    said = written(fmt, typed)
    for unseen in ("\r", "\x1b", "\u202e", "\u2028", "\x9b", "\x00"):
        assert unseen.encode() not in said, repr(unseen)
    assert b"hunter2" not in said
    lines = said.decode().splitlines()
    if fmt == "json":
        events = [json.loads(line) for line in lines]
        assert [event["event"].split()[0] for event in events] == ["said", "it", "failed"]
    else:
        heads = [line for line in lines if line.startswith("2")]
        assert len(heads) == 3
        assert not any(line.startswith('{"event"') for line in lines[:2])
