"""The message catalogue: every Chinese sentence that code itself may answer with, by code.

Texts of pages live in templates, texts of the law in packs.
"""

_TEXTS = {
    "refused.title": "未能办理",
    "refused.detail": "本次操作未能办理。",
    "not_found.title": "没有找到",
    "not_found.detail": "没有这项内容，或者您无权查看。请核对地址，或返回项目列表重新选择。",
    "not_signed_in.title": "请先登录",
    "not_signed_in.detail": "登录已失效或尚未登录，请登录后再办理。",
    "sign_in_failed.title": "登录未成功",
    "sign_in_failed.detail": "账号或密码不正确，或账号暂时锁定。连续多次失败后请等待 15 分钟再试。",
    "forbidden.title": "没有权限",
    "forbidden.detail": "您当前的岗位不能办理此事项。如需办理，请联系本单位的账号管理员。",
    "forged.title": "请求来源无法确认",
    "forged.detail": "页面停留过久或请求并非来自本系统页面，请刷新页面后重新提交。",
    "invalid.title": "填写内容有误",
    "invalid.detail": "请按提示修改后重新提交，已填写的内容不会丢失。",
    "conflict.title": "内容已被他人更新",
    "conflict.detail": "在您填写期间，此项目已由他人办理。请刷新页面查看最新情况后再操作。",
    "closed.title": "现在还不能办理",
    "closed.detail": "按照规定，下列条件尚未满足：",
    "too_large.title": "文件过大",
    "too_large.detail": "单个文件不能超过 {limit} MB，请压缩或拆分后重新上传。已填写的内容不会丢失。",
    "wrong_type.title": "文件类型不符",
    "wrong_type.detail": "只接受 {allowed} 格式的文件，请转换格式后重新上传。已填写的内容不会丢失。",
    "busy.title": "系统繁忙",
    "busy.detail": "系统正忙或正在恢复，本次操作没有生效，请稍后再试。",
    "replayed.title": "重复的提交",
    "replayed.detail": "同一提交标识已用于另一内容不同的请求，请刷新页面后重新提交。",
    "separated.title": "须由不同人员办理",
    "separated.detail": "同一项目的申报、审核、审批应由不同人员办理，您已参与过该项目的其他环节。",
    "internal.title": "系统内部错误",
    "internal.detail": "系统出现意外，本次操作没有生效。请稍后再试；如仍出现，请将编号 {reference} 告知运维人员。",
    "field.required": "此项必填。",
    "notice.subject": "{project}：{action}",
    "notice.deadline_expired": "期限已过：{label}",
    "not_amendable": "项目已报送或正在审核，不能修改申报内容；如需修改，请先撤回，或等待退回。",
    "paper_not_asked": "现在不需要由您所在单位提交此材料。请核对项目所处环节。",
    "no_law.title": "没有可适用的办法",
    "no_law.detail": "本地区目前没有在有效期内的政务信息化项目管理办法，不能新建申报。",
    "notice.was_due": "应于 {day} 前办理",
    "act.declare": "新建申报",
    "act.amend": "修改申报内容",
    "act.upload": "上传材料：{paper}",
    "act.upload.note": "{name} · 第 {version} 版 · SHA-256 {digest}",
    "act.sign_in": "登录",
    "act.sign_out": "退出登录",
    "actor.system": "系统（期限到期自动办理）",
}


def text(code: str, **values: object) -> str:
    """The sentence for ``code`` with ``values`` filled in. Raises KeyError for an unknown code: that is our bug."""
    return _TEXTS[code].format(**values)
