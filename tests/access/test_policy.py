"""Rights: the compiled sets equal Casbin's own enforcer, and the whole matrix is a committed file (habit 14)."""

from pathlib import Path

import pytest

from lianshen import wiring
from lianshen.access._policy import asked
from lianshen.access.queries import PolicyError, compile_policy, enforcer, written
from lianshen.access.strength import load_strength
from lianshen.kernel.settings import Settings

FOLDER = Settings().policies_dir
POLICY = compile_policy(FOLDER, wiring.PERMISSIONS)


def test_the_sets_equal_casbins_enforcer():
    ask = enforcer(POLICY)
    for role in POLICY.grants:
        for permission in POLICY.known - POLICY.scoped:
            assert POLICY.permits([role], permission) == ask.enforce(f"r:{role}", *asked(permission))
        for permission in POLICY.scoped:
            wide = [name for name in POLICY.grants[role] if name.startswith(f"{permission}/")]
            assert POLICY.permits([role], permission) == bool(wide)


@pytest.mark.demand("D28", "D29")
def test_unknown_roles_and_roles_written_as_subjects_hold_nothing():
    for role in ("", "*", "nobody", "r:lead_officer"):
        assert not any(POLICY.permits([role], permission) for permission in wiring.PERMISSIONS)


def test_every_permission_is_held_by_some_role():
    held = frozenset().union(*POLICY.grants.values())
    assert held == set(wiring.PERMISSIONS)


@pytest.mark.parametrize(
    "line",
    [
        "p, r:applicant, projects, destroy",
        "p, applicant, projects, submit",
        "p, r:own_1, projects, submit",
        "p, r:applicant, projects, read",
    ],
)
def test_a_policy_that_names_what_does_not_exist_is_refused(tmp_path: Path, line):
    for name in ("model.conf", "roles.csv", "labels.yaml"):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    with (tmp_path / "roles.csv").open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(PolicyError):
        compile_policy(tmp_path, wiring.PERMISSIONS)


def test_the_matrix_is_the_committed_one():
    assert (FOLDER / "matrix.txt").read_text(encoding="utf-8") == written(POLICY), (
        "if it is right, write it anew: lianshen matrix > policies/matrix.txt"
    )


@pytest.mark.demand("D104", "D111")
def test_whatever_is_kept_to_administrators_asks_two_factors_and_shorter_terms():
    strength = load_strength(FOLDER, wiring.PERMISSIONS, minutes=15)
    assert len(POLICY.reserved) > 12
    assert POLICY.reserved - strength.factor == POLICY.reserved - strength.admin == frozenset()
    assert strength.admin == POLICY.reserved


def test_everything_has_a_chinese_name():
    names = {name.partition("/")[0] for name in POLICY.known}
    assert set(POLICY.labels.actions) == names
    assert set(POLICY.labels.roles) == set(POLICY.grants)
    assert set(POLICY.labels.scopes) == {name.partition("/")[2] for name in POLICY.known if "/" in name}
