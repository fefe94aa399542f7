"""What each route asks of its caller, one line a verb: for a committed file, so that a mark never goes unnoticed."""

from tests.walls.routes import Case


def marks(cases: list[Case]) -> str:
    return "".join(f"{case.method:6} {case.path}  {_mark(case)}\n" for case in sorted(cases, key=_place))


def _place(case: Case) -> tuple[str, str]:
    return case.path, case.method


def _mark(case: Case) -> str:
    said = {name: value for name, value in case.opt.items() if value}
    return " ".join(name if value is True else f"{name}={value}" for name, value in sorted(said.items())) or "nothing"
