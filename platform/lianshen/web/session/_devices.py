"""What kind of machine and program a session was opened with, in words: the few that people here use.

A program says of itself whatever it likes, so this is a help to recognise one's own sessions and no proof of anything.
"""

_SYSTEMS = (
    ("HarmonyOS", "鸿蒙设备"),
    ("OpenHarmony", "鸿蒙设备"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "安卓手机"),
    ("Kylin", "麒麟电脑"),
    ("UOS", "统信电脑"),
    ("Windows", "Windows 电脑"),
    ("Macintosh", "Mac 电脑"),
    ("Linux", "Linux 电脑"),
)
_PROGRAMS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("wxwork", "企业微信"),
    ("360SE", "360 浏览器"),
    ("QIHU", "360 浏览器"),
    ("QQBrowser", "QQ 浏览器"),
    ("HuaweiBrowser", "华为浏览器"),
    ("UCBrowser", "UC 浏览器"),
    ("Qaxbrowser", "奇安信浏览器"),
    ("Edg/", "Edge 浏览器"),
    ("Firefox/", "火狐浏览器"),
    ("Chrome/", "Chrome 浏览器"),
    ("Safari/", "Safari 浏览器"),
    ("curl/", "curl 程序"),
    ("python", "Python 程序"),
    ("okhttp", "手机应用"),
)
"""Marks in the order in which they are looked for: whoever builds on another names the other as well."""


def device(agent: str) -> str:
    """In words: Windows 电脑 · Chrome 浏览器; what is not known is said to be."""
    found = (_first(agent, _SYSTEMS), _first(agent, _PROGRAMS))
    return " · ".join(one for one in found if one) or "不认识的程序"


def _first(agent: str, known: tuple[tuple[str, str], ...]) -> str:
    said = agent.lower()
    return next((name for mark, name in known if mark.lower() in said), "")
