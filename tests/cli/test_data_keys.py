"""``lianshen keys`` as an operator runs it (D144)."""

import os

import pytest
from sqlalchemy import text
from tests.support import forked

pytestmark = pytest.mark.demand("D144")
TENANT = "420000"


@pytest.fixture
def run(stack, name, configured, tmp_path):
    key = tmp_path / "master.key"
    key.write_text(configured.master_key_file.read_text())
    key.chmod(0o600)
    environment = {
        **os.environ,
        **stack.environment(name),
        "LIANSHEN_OWNER_DATABASE_URL": stack.url("lianshen_owner", name),
        "LIANSHEN_MASTER_KEY_FILE": str(key),
    }

    def command(*words: object):
        return forked.lianshen("keys", *map(str, words), env=environment)

    command.key = key
    return command


async def test_the_life_of_a_tenants_keys(run, superuser):
    listed = run("list", "--tenant", TENANT)
    assert listed.returncode == 0, listed.stderr
    assert "not a certified product" in listed.stdout
    assert listed.stdout.count("在用") == 3
    assert run("rotate", "--tenant", TENANT).returncode == 0
    listed = run("list", "--tenant", TENANT).stdout
    assert (listed.count("在用"), listed.count("只解密")) == (3, 3)
    assert run("make").returncode == 0
    assert "6" in run("rewrap", "--tenant", TENANT).stdout
    assert run("protect", "--tenant", TENANT).returncode == 0
    refused = run("destroy", "--tenant", TENANT, "--confirm", "360000")
    assert (refused.returncode, "已销毁" in run("list", "--tenant", TENANT).stdout) == (2, False)
    assert run("destroy", "--tenant", TENANT, "--confirm", TENANT).returncode == 0
    assert run("list", "--tenant", TENANT).stdout.count("已销毁") == 6
    acts = text("SELECT action FROM event WHERE tenant = :t AND action LIKE 'keys.%' ORDER BY seq")
    found = [action for (action,) in await superuser.execute(acts, {"t": TENANT})]
    assert found == ["keys.rotate", "keys.rewrap", "keys.protect", "keys.destroy"]


def test_the_master_key_goes_out_in_parts_and_comes_back(run, tmp_path):
    parts = [tmp_path / "a", tmp_path / "b"]
    before = run.key.read_text()
    assert run("split", *parts).returncode == 0
    run.key.unlink()
    assert run("join", parts[0]).returncode == 2
    assert run("join", *parts).returncode == 0
    assert run.key.read_text() == before


def test_without_the_right_master_key_nothing_is_done(run):
    run.key.write_text("ab" * 16 + "\n")
    run.key.chmod(0o600)
    refused = run("rewrap", "--tenant", "140000")
    assert refused.returncode == 2
    assert "master key that is not in the file" in refused.stderr
    assert "Traceback" not in refused.stderr
