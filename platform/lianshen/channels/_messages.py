"""What messages say where a jurisdiction has written nothing of its own; names in braces are of ``SLOTS``."""

from lianshen.channels.types import Template

_SEE = "详情请登录联审系统查看。{链接}"
_ROBOT = "【{地区}】{标题}\n{条款}\n{链接}"

DEFAULTS: dict[tuple[str, str], Template] = {
    ("mail", "project"): Template(
        "{项目名称}：{事项}",
        "{收件人}：\n\n您所参与的项目有新的进展。\n\n项目：{项目名称}（{项目编号}）\n事项：{事项}\n时间：{时间}\n依据：{条款}\n\n"
        + _SEE,
    ),
    ("mail", "deadline"): Template(
        "期限提醒：{标题}",
        "{收件人}：\n\n{标题}\n{正文}\n\n项目：{项目名称}（{项目编号}）\n依据：{条款}\n\n" + _SEE,
    ),
    ("mail", "account"): Template(
        "账号提醒：{标题}",
        "{收件人}：\n\n{标题}\n\n如果不是您本人操作，请立即登录修改密码，并联系安全管理员。{链接}",
    ),
    ("mail", "system"): Template("{标题}", "{收件人}：\n\n{标题}\n\n" + _SEE),
    ("sms", "project"): Template("", "{标题}"),
    ("sms", "deadline"): Template("", "{标题}"),
    ("sms", "account"): Template("", "{标题}"),
    ("sms", "system"): Template("", "{标题}"),
    ("wecom", "project"): Template("", _ROBOT),
    ("wecom", "deadline"): Template("", _ROBOT),
    ("dingtalk", "project"): Template("", _ROBOT),
    ("dingtalk", "deadline"): Template("", _ROBOT),
}  # fmt: skip
"""By way and kind; what is not here cannot be written. Hooks carry facts, not words."""

DIGEST = "{count} 条消息"
DIGEST_GREETING = "{name}："
FOOTER = "您收到此邮件，是因为您在联审系统登记了邮箱。接收哪些消息，可在“账号与安全 · 消息设置”中调整。"
