"""``lianshen staff import`` as an operator runs it: a process that starts with nothing but its environment."""

import os
import subprocess
import sys

import pytest

LIST = "姓名,账号,机构代码\n赵一,cli-zhao,jyj\n钱二,cli-qian,nosuch\n"


@pytest.fixture
def run(stack, name, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(LIST, encoding="utf-8")

    def command(*words: str, tenant: str = "320723", **changed: str) -> subprocess.CompletedProcess[str]:
        whole = (sys.executable, "-m", "lianshen.cli.main", "staff", "import", "--tenant", tenant, *words)
        environment = {**os.environ, **stack.environment(name), **changed}
        return subprocess.run(whole, env=environment, capture_output=True, text=True, check=False)

    command.file = str(file)
    return command


async def test_a_list_is_looked_at_then_entered(run, superuser):
    looked = run(run.file, "--dry-run")
    assert (looked.returncode, "可以登记 1" in looked.stdout) == (1, True), looked.stderr
    entered = run(run.file)
    assert (entered.returncode, "已登记 1" in entered.stdout) == (1, True), entered.stderr


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        ((), {"tenant": "999999"}, ""),
        (("/nowhere.csv",), {}, "/nowhere.csv"),
        ((), {"LIANSHEN_DATABASE_URL": ""}, "LIANSHEN_DATABASE_URL"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(run, words, more, said):
    refused = run(*(words or (run.file,)), **more)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
