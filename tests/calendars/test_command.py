"""``lianshen calendar``: show, load, preview, publish, in the names of two operators."""

import os

import pytest

from lianshen.tenancy.types import PLATFORM
from tests.calendars.notices import NEXT_YEAR
from tests.calendars.test_publishing import operators, worker
from tests.support import forked

__all__ = ["operators", "worker"]

pytestmark = pytest.mark.usefixtures("plain_days", "no_other_terms")


@pytest.fixture
def lianshen(stack, name, tmp_path):
    def run(*arguments: str):
        return forked.lianshen("calendar", *arguments, env=os.environ | stack.environment(name))

    return run


async def test_a_year_is_loaded_by_one_operator_and_let_count_by_another(lianshen, tmp_path, worker, operators):
    shown = lianshen("show", "--year", "2026")
    assert shown.returncode == 0, shown.stderr
    assert "国办发明电〔2025〕7号" in shown.stdout
    assert "2026-10-10 六  国庆节调休上班" in shown.stdout
    file = tmp_path / "notice.txt"
    file.write_text(NEXT_YEAR.replace("共7天。1月31日", "共9天。1月31日"), encoding="utf-8")
    wrong = lianshen("load", str(file), "--as", "yw-1")
    assert wrong.returncode == 2
    assert "春节：写明共 9 天，按所写日期是 7 天。" in wrong.stderr
    file.write_text(NEXT_YEAR, encoding="utf-8")
    assert lianshen("load", str(file), "--as", "nobody").returncode == 2
    loaded = lianshen("load", str(file), "--as", "yw-1")
    assert loaded.returncode == 0, loaded.stderr
    plan = loaded.stdout.strip().rpartition("：")[2]
    assert "正在试算" in lianshen("preview", plan, "--as", "yw-1").stdout
    assert await worker.preview() == 1
    previewed = lianshen("preview", plan, "--as", "yw-1")
    assert "灌云县" in previewed.stdout
    assert "项自动改期" in previewed.stdout
    published = lianshen("publish", plan, "--as", "yw-2")
    assert published.returncode == 0, published.stderr
    assert "2027-02-20 六  春节调休上班" in lianshen("show", "--year", "2027").stdout
    assert operators[0].tenant == PLATFORM
