"""``lianshen assess``: a question about the law in, the answer out, both JSON and as the API's, or in short."""

import argparse
import sys
from datetime import date
from pathlib import Path

import msgspec
from msgspec.structs import asdict

from lianshen.cli.brief import brief
from lianshen.kernel.errors import Refusal
from lianshen.kernel.problems import problem_of, read_json
from lianshen.kernel.settings import Settings
from lianshen.rules.queries import Answered, Explained, Inquiry, PackError, Question, ask, inquire, load_law
from lianshen.workcalendar.queries import CalendarError


def run(arguments: argparse.Namespace, settings: Settings, today: date) -> int:
    """Answer the question in a file ("-": standard input), or explain some items of the answer instead.

    Packs in a folder that is named count before they are published. 1 with a problem in place of an answer, 2 when
    something does not read at all.
    """
    try:
        body = sys.stdin.buffer.read() if arguments.file == "-" else Path(arguments.file).read_bytes()
        drafts = settings.draft_versions or arguments.packs is not None
        law = load_law(arguments.packs or settings.tenants_dir, settings.tenants_dir, drafts=drafts)
    except (CalendarError, OSError, PackError) as error:
        print(error, file=sys.stderr)
        return 2
    answer: Answered | Explained
    try:
        question = read_json(body, Question)
        if arguments.on is not None:
            question = msgspec.structs.replace(question, on=arguments.on)
        if arguments.explain:
            answer = inquire(law, Inquiry(**asdict(question), items=arguments.explain), today)
        else:
            answer = ask(law, question, today)
    except Refusal as refusal:
        return _write(problem_of(refusal), 1, indent=arguments.indent)
    if arguments.brief:
        print(*brief(answer), sep="\n")
        return 0
    return _write(answer, 0, indent=arguments.indent)


def _write(answer: object, code: int, *, indent: bool) -> int:
    body = msgspec.json.encode(answer)
    sys.stdout.buffer.write((msgspec.json.format(body, indent=2) if indent else body) + b"\n")
    return code
