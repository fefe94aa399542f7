"""``lianshen assess``: a question about the law in, the answer out, both JSON and the same as the API's."""

import sys
from datetime import date
from pathlib import Path

import msgspec
from msgspec.structs import asdict

from lianshen.kernel.errors import Refusal
from lianshen.kernel.problems import problem_of, read_json
from lianshen.rules.queries import Answered, Explained, Inquiry, PackError, Question, ask, inquire, load_law


def run(file: str, packs: Path, shipped: Path, items: list[str], on: date | None, today: date, *, indent: bool) -> int:
    """Answer the question in ``file`` ("-": standard input); with ``items`` explain these instead.

    1 with a problem in place of an answer, 2 when something does not read at all.
    """
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        law = load_law(packs, shipped)
    except (OSError, PackError) as error:
        print(error, file=sys.stderr)
        return 2
    answer: Answered | Explained
    try:
        question = read_json(body, Question)
        if on is not None:
            question = msgspec.structs.replace(question, on=on)
        answer = inquire(law, Inquiry(**asdict(question), items=items), today) if items else ask(law, question, today)
    except Refusal as refusal:
        return _write(problem_of(refusal), 1, indent=indent)
    return _write(answer, 0, indent=indent)


def _write(answer: object, code: int, *, indent: bool) -> int:
    body = msgspec.json.encode(answer)
    sys.stdout.buffer.write((msgspec.json.format(body, indent=2) if indent else body) + b"\n")
    return code
