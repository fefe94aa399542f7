"""What the commands about packs print for whoever mistypes a key, or reads only the first line."""

import subprocess
import sys

import pytest
from tests.rules.law import TENANTS

from lianshen.cli.packs import explain

EXAMPLE = TENANTS / "_example"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("nonsense", "parameters.…"),
        ("parameters", "parameters.approval_from"),
        ("parameters.aproval_from", "parameters.approval_from"),
    ],
)
def test_a_key_that_is_not_there_is_answered_with_those_that_are(
    said: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain("yangli", said, None, EXAMPLE, TENANTS) == 1
    assert told in capsys.readouterr().out


def test_a_jurisdiction_without_a_pack_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("nowhere", "parameters", None, EXAMPLE, TENANTS) == 1
    assert "没有“nowhere”的规则包" in capsys.readouterr().out


def test_a_reader_that_stops_early_gets_no_traceback() -> None:
    command = "import sys; from lianshen.cli.main import main; sys.exit(main())"
    arguments = ["pack", "list", "--packs", str(EXAMPLE)]
    with subprocess.Popen(
        [sys.executable, "-c", command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
