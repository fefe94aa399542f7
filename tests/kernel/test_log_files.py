"""Lines of the log are kept in a file a day, for half a year at least, and no longer than was set (D131)."""

import sys
from datetime import UTC, date, datetime, timedelta

import pytest
import structlog

from lianshen.kernel import _log_files, log
from lianshen.kernel._log_files import LEAST_DAYS, Kept, forget
from lianshen.kernel.settings import SettingsError, read

pytestmark = pytest.mark.demand("D131")
TODAY = date(2026, 11, 25)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A folder with a file for each of the last 400 days, and what is no log of ours."""
    for back in range(400):
        (tmp_path / f"{TODAY - timedelta(days=back)}.jsonl").write_text("{}\n")
    for other in ("2020-01-01.txt", "2020-13-45.jsonl", "notes.jsonl"):
        (tmp_path / other).touch()
    monkeypatch.setattr(_log_files, "now", lambda: datetime(2026, 11, 25, 1, tzinfo=UTC))
    return tmp_path


@pytest.mark.parametrize("days", [LEAST_DAYS, 365])
def test_nothing_goes_before_its_time_and_all_that_is_older_goes(kept, days):
    gone = forget(kept, days, TODAY)
    assert len(gone) == 400 - days - 1
    assert {path.stem for path in kept.glob("2026-*.jsonl")} >= {
        str(TODAY - timedelta(days=back)) for back in range(days + 1) if (TODAY - timedelta(days=back)).year == 2026
    }
    assert (kept / f"{TODAY - timedelta(days=days)}.jsonl").exists()
    assert {"2020-01-01.txt", "2020-13-45.jsonl", "notes.jsonl"} <= {path.name for path in kept.iterdir()}


def test_less_than_half_a_year_is_refused(kept):
    with pytest.raises(SettingsError, match="183 days"):
        read({"LIANSHEN_LOG_DAYS": "90"})
    with pytest.raises(AssertionError):
        forget(kept, 182, TODAY)


def test_a_line_is_in_todays_file_and_on_standard_error(kept, capsys, monkeypatch):
    sink = Kept(kept, LEAST_DAYS)
    sink.write("one\n")
    monkeypatch.setattr(_log_files, "now", lambda: datetime(2026, 11, 25, 16, tzinfo=UTC))  # 26 November in Shanghai
    sink.write("two\n")
    assert (kept / "2026-11-25.jsonl").read_text() == "{}\none\n"
    assert (kept / "2026-11-26.jsonl").read_text() == "two\n"
    assert capsys.readouterr().err == "one\ntwo\n"


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path, capsys):
    (tmp_path / "file").touch()
    Kept(tmp_path / "file", LEAST_DAYS).write("one\n")
    said = capsys.readouterr().err
    assert said.startswith("one\n")
    assert "not_kept" in said


def test_what_a_process_logs_is_kept(tmp_path, monkeypatch):
    before = structlog.get_config()
    monkeypatch.setattr(sys, "stderr", sys.__stderr__)
    try:
        log.configure("json", tmp_path)
        log.get("test").error("something_happened", tenant="320723")
        (file,) = tmp_path.glob("*.jsonl")
        assert '"event": "something_happened"' in file.read_text()
    finally:
        structlog.configure(**before)
