"""The account page tells devices and programs in plain words."""

import pytest

from lianshen.web.session._devices import device

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (_WINDOWS + "Chrome/126.0.0.0 Safari/537.36", "Windows 电脑 · Chrome 浏览器"),
        (_WINDOWS + "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Windows 电脑 · Edge 浏览器"),
        (_WINDOWS + "Chrome/108.0.5359.95 Safari/537.36 Qaxbrowser", "Windows 电脑 · 奇安信浏览器"),
        ("Mozilla/5.0 (X11; Linux aarch64; Kylin) Gecko/20100101 Firefox/115.0", "麒麟电脑 · 火狐浏览器"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.49",
            "iPhone · 微信",
        ),
        ("Mozilla/5.0 (Linux; Android 14; ALN-AL00) DingTalk/7.5.20", "安卓手机 · 钉钉"),
        ("python-httpx/0.28.1", "Python 程序"),
        ("", "不认识的程序"),
        ("<script>", "不认识的程序"),
    ],
)
def test_what_is_known_is_named(agent, said):
    assert device(agent) == said
