"""``lianshen provider``: enter, list, change, remove; a refusal names what is wrong."""

import io
import sys

import pytest

from lianshen.cli.main import main

ISSUER = "https://sso.example/realm"


@pytest.fixture
def provider(configured, capsys, monkeypatch):
    """Run the command on this process's own settings; its exit code and what it prints."""

    def run(*words: str, secret: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["lianshen", "provider", *words, "--tenant", "421000"])
        monkeypatch.setattr(sys, "stdin", io.StringIO(secret))
        code = main()
        return code, "".join(capsys.readouterr())

    return run


def test_a_provider_is_entered_changed_and_removed(provider):
    entered = ("set", "省统一认证", "--issuer", ISSUER, "--client-id", "lianshen", "--secret-file", "-")
    code, said = provider(*entered, "--trust-amr", "otp", secret="s3cret")
    assert code == 0
    assert f"省统一认证  {ISSUER}  lianshen  otp\n" in said
    code, said = provider("set", "省统一认证", "--issuer", ISSUER, "--client-id", "other", "--host", "keys.example")
    assert code == 0
    assert f"省统一认证  {ISSUER}  other  keys.example\n" in said
    code, said = provider("set", "省统一认证", "--issuer", "https://else.example", "--client-id", "x")
    assert code == 1
    assert "签发者地址登记后不能修改" in said
    code, said = provider("set", "内网", "--issuer", "http://10.1.2.3", "--client-id", "x")
    assert code == 1
    assert provider("remove", "没有")[0] == 1
    assert provider("remove", "省统一认证") == (0, "")
    assert "省统一认证" not in provider("list")[1]
