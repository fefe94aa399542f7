"""An action asks for a permission that there is: refused by lint, by releases and by servers; README lists them."""

from pathlib import Path

import pytest

from lianshen.cli import packs
from lianshen.kernel.strict_yaml import load
from lianshen.rules.commands import ReleaseRefused, review
from lianshen.rules.queries import PackError, lint, load_law
from lianshen.wiring import ACTS
from tests.rules.law import ON, ROOT, TENANTS
from tests.rules.test_lint import write
from tests.rules.test_loader import SOUND

ASKED = "permission: projects.submit"
AT = SOUND[: SOUND.index(ASKED)].count("\n") + 1


def table() -> str:
    """The permissions of actions as ``tenants/README.md`` lists them."""
    labels = load(ROOT / "policies" / "labels.yaml").data["actions"]
    return "".join(f"| `{one}` | {labels[one]} |\n" for one in ACTS)


def test_readme_lists_the_permissions_of_actions_in_both_languages() -> None:
    said = (TENANTS / "README.md").read_text(encoding="utf-8")
    for head in ("| 权限 | 名称 |\n|---|---|\n", "| permission | label |\n|---|---|\n"):
        assert f"{head}{table()}\n" in said, f"write into tenants/README.md:\n{head}{table()}"


@pytest.mark.parametrize(
    ("said", "hint"),
    [("projects.sumbit", "是否为“projects.submit”？"), ("submit", ""), ("projects.punish", ""), ("staff.read", "")],
)
def test_a_permission_that_no_action_can_ask_for_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str, hint: str
) -> None:
    home = write(tmp_path, SOUND.replace(ASKED, f"permission: {said}", 1))
    (fault,) = lint([home], TENANTS, permissions=ACTS).faults
    assert (fault.code, fault.file, fault.line) == ("permission", home / "law.yaml", AT)
    assert f"“{said}”" in fault.message
    assert hint in fault.remedy
    assert packs.lint([home], None, TENANTS, as_json=False) == 1
    assert f"law.yaml:{AT}: 动作不能要求权限“{said}”" in capsys.readouterr().out


def test_it_is_not_released_and_no_server_takes_it_for_law(tmp_path: Path) -> None:
    home = write(tmp_path, SOUND.replace(ASKED, "permission: submit", 1))
    with pytest.raises(ReleaseRefused):
        review(home, by="审核人", drafter="起草人", on=ON, shipped=TENANTS, permissions=ACTS)
    with pytest.raises(PackError, match="submit"):
        load_law(tmp_path, TENANTS, permissions=ACTS)
    law = load_law(tmp_path, TENANTS, drafts=False, permissions=ACTS)
    assert law.registry.packs() == ()
    assert [fault.code for fault in law.registry.faults] == ["permission"]


def test_servers_load_the_law_with_what_actions_may_ask_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import lianshen_workers._process as process
    from lianshen.web import app

    asked: list[object] = []

    class Loaded(Exception):
        pass

    def note(*_: object, permissions: object = None, **__: object) -> None:
        asked.append(permissions)
        raise Loaded

    monkeypatch.setattr(process.rules, "load_law", note)
    monkeypatch.setattr(app, "load_law", note)
    monkeypatch.setattr(app.cipher, "start", lambda _: None)
    for served in (process.load_law, app.create_app):
        with pytest.raises(Loaded):
            served()
    assert asked == [ACTS, ACTS]
