"""Every Chinese sentence of the rule engine, by code: refusals of a form and of an action; of packs see ``_faults``."""

_TEXTS = {
    # 表单有误
    "required": "此项必填。",
    "money": "请填写金额，单位元，最多两位小数，如 500,000.00。",
    "date": "请填写日期，如 2025-09-06。",
    "choice": "请从列表中选择一项。",
    "bool": "请选择是或否。",
    "number": "请填写整数，如 36。",
    "too_long": "不能超过 {limit} 个字，现有 {length} 个字。",
    "not_past": "日期不能早于今天。",
    "not_future": "日期不能晚于今天。",
    # 动作不能办理
    "not_timely": ("当前环节不能办理“{action}”", "请按项目页面所列的事项办理。"),
    "window_unknown": "{label}：起算的日期尚未登记",
    "window_from": "{label}：须自 {day} 起办理",
    "window_until": "{label}：已于 {day} 截止",
    "inherits_point": "两个文件对“{name}”的规定不一致，没有写明以何者为准",
    "inherits_reading": "《{title}》：{said}",
    "reading": "{point}：采用“{reading}”",
    "unanswered": ("申报信息未填写完整：{names}", "请补充填写后再提交。"),
    "missing_paper": ("缺少材料：{paper}", "请上传该材料。"),
    # 审核与公布
    "release_published": ("{ref} 已经公布，不得修改。", "规则有变化的，请另建新版本（pack-<施行日期>）。"),
    "release_no_drafter": ("没有写明起草人。", "请加 --drafter 起草人。"),
    "release_own_review": ("{by}是起草人，不能审核自己起草的规则。", "请由另一人审核。"),
    "release_own_publication": ("{by}是起草人，不能公布自己起草的规则。", "请由审核人或其他人公布。"),
    "release_until": ("内容审核至 {until}，不在本版本的有效期内（自 {since} 起）。", "请改正 --until。"),
    "release_no_review": ("{ref} 尚未审核。", "请先由起草人以外的人审核：lianshen pack review。"),
    "release_changed": ("{by}审核之后又有改动：{names}。", "请重新审核：lianshen pack review。"),
    "release_overlap": (
        "与已公布的 {ref} 在同一日都有效。",
        "取代它的，请写明 in_force.replaces；否则改施行日期或有效期。",
    ),
    "release_faults": ("规则包有 {count} 处错误。", "请按所列改正后再办理。"),
    # 推演
    "what_if_new": "增加 {label}",
    "what_if_gone": "取消 {label}",
    "what_if_line": "不是一个项目：{problem}",
    "what_if_unknown": "没有名为“{name}”的事实",
    "what_if_type": "事实“{name}”应为 {type}（金额为整数分）",
    # 用例
    "case_file": "{file}:{line}: 用例文件有误：{problem}",
    "case_no_pack": "没有“{name}”的规则包",
    "case_differs": "{key}：应为 {wanted}；规则包答 {found}",
    "case_not_disputed": "本点存在两种理解，规则包没有说明",
    "case_silent": "（未回答）",
    "case_nothing": "（无）",
    "yes": "是",
    "no": "否",
}


def text(code: str, **values: object) -> str:
    """The sentence of ``code``."""
    found = _TEXTS[code]
    return (found if isinstance(found, str) else found[0]).format(**values)


def remedy(code: str, **values: object) -> str:
    """What to do about ``code``."""
    return _TEXTS[code][1].format(**values)
