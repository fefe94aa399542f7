"""Every Chinese sentence of the rule engine, by code: refusals of a pack, of a form, and of an action."""

_TEXTS = {
    # 规则包有误：说明、处理办法
    "yaml": ("无法读取：{problem}", "按 YAML 1.2 书写；不使用锚点、标签、小数和日期，日期请加引号。"),
    "empty": ("没有内容", "写明本文件应有的内容，或删除本文件。"),
    "shape": ("内容不合格式：{problem}", "对照 tenants/README.md 的说明修改。"),
    "unknown_key": ("不认识的键“{name}”", "检查拼写；本处可用的键见 tenants/README.md。"),
    "missing_key": ("缺少“{name}”", "补上“{name}”。"),
    "twice": ("“{name}”重复定义", "保留一处。"),
    "unknown": ("{kind}“{name}”不存在", "检查拼写，或先在{where}中定义。"),
    "unused": ("{kind}“{name}”没有任何规则用到", "删除，或补上使用它的规则。"),
    "quotation": ("条款{name}的引文中没有“{text}”", "参数的 text 须照抄引文中的字句。"),
    "coverage": (
        "条款{name}须由规则、feature、not_software 之一说明",
        "已有规则引用的从 coverage 中删除；其余只写 feature 或 not_software。",
    ),
    "article": ("条款{name}的条号“{text}”不合格式", "写作“第十六条”，附件写作“附件1”。"),
    "expression": ("条件无法成立：{problem}", "条件须是对已定义的事实、参数、条件的是非判断。"),
    "type": ("“{name}”应为{wanted}", "改用类型相符的事实或参数。"),
    "name_taken": ("“{name}”与已有的事实、参数或条件同名", "换一个名称。"),
    "bands_first": ("最低一档不能写 from", "删除 from，使最低一档没有下限。"),
    "bands_last": ("最高一档不能写 below", "删除 below，使最高一档没有上限。"),
    "bands_gap": ("金额 {low} 至 {high} 元没有档次", "使本档 from 与上一档 below 相同。"),
    "bands_overlap": ("金额 {low} 至 {high} 元落入两档", "使本档 from 与上一档 below 相同。"),
    "bands_empty": ("档次“{name}”不含任何金额", "使 below 大于 from。"),
    "too_early": ('when 为 "true" 的一项之后的各项永不适用', "把它移到末尾。"),
    "last_way": ('最后一项的 when 须为 "true"', "在末尾补上其余情形。"),
    "dates": ("日期“{text}”有误", '写作 "2025-09-06"，且有效期止不早于起。'),
    "folder": ("目录名须为 pack-<施行日期>，与 in_force.from 相同", "改目录名，或改 in_force.from。"),
    "unbound": ("机构“{name}”没有落实到本地单位", "在 bodies 中写明该机构的名称。"),
    "never": ("{name} 的条件永远不会成立", "检查条件所用的事实能否由申报表或办理动作得到。"),
    "unset": ("事实“{name}”没有来源", "由申报表填报，或由某个办理动作设定。"),
    "never_starts": ("期限“{name}”没有动作启动", "在某个动作的 starts 中启动它，或删除。"),
    "never_stops": ("期限“{name}”没有动作停止", "在某个动作的 stops 中停止它。"),
    "soft_without_judge": (
        "原则性限制“{name}”没有人能够准予例外",
        "写明 overridable_by，并为该机构写一个动作，其表单有 options_from: exceptions 的一项。",
    ),
    "hard_with_judge": ("绝对限制“{name}”不能准予例外", "删除 overridable_by，或改为 in_principle。"),
    "dispute_without_judge": (
        "争议点“{name}”没有人能够认定",
        "为有权认定的机构写一个动作，其表单有 options_from: disputes 的一项；无须认定的删除 code。",
    ),
    "judge_without_dispute": ("动作“{name}”没有可认定的争议点", "给争议点写明 code，或删除 options_from: disputes。"),
    "not_askable": (
        "“{name}”不是可以填报的事实",
        "改用 _vocabulary/facts.yaml 中 bool、money、date、code、text 类的事实。",
    ),
    "no_option": ("“{name}”不是事实“{fact}”的选项", "改用 _vocabulary/facts.yaml 中列出的选项。"),
    "answer": ("问题“{name}”的答案应为{wanted}", "对照 _vocabulary/answers.yaml 改写 value。"),
    "field_both": ("表单项须写 fact 或 name 之一", "已有事实写 fact；只随本次办理记录的写 name、label、kind。"),
    "field_incomplete": ("表单项“{name}”缺少 label 或 kind", "补上。"),
    "clock_start": ("期限“{name}”启动时没有“{fact}”", "在启动它的动作表单或 stamps 中加入该事实。"),
    "clock_without_end": ("期限“{name}”没有长度，也没有截止日期", "写明 budget，或用 from 指出截止日期所在的事实。"),
    "expiry_sets": ("期限“{name}”的到期后果与所设事实不符", "有后果的写明 sets；没有后果的 code 写 none，不写 sets。"),
    "standing": (
        "常设期限“{name}”不由动作启动和停止，须写明在哪些事件时告知",
        "写明 events；动作的 starts、stops 中不写它。",
    ),
    "date_shape": (
        "日期“{name}”须写 from 或 yearly，yearly、after、before 至多写一个",
        "按 tenants/README.md 的说明改写。",
    ),
    "month_day": ("“{text}”不是月日", '写作 "07-31"。'),
    "figure_shape": ("数额“{name}”须写 first_of 或 sum_of 之一", "取先填报的一项写 first_of，合计写 sum_of。"),
    "link_text": ("“{name}”不能指明另一个项目", "改用 text 类的事实，填写项目编号。"),
    "link_types": ("“{name}”与另一项目的“{other}”不是同一类事实", "改用类型相同的事实。"),
    "not_in_form": ("“{name}”不是本表单的项目", "field 写表单中的 fact 或 name。"),
    "ring": ("日期互相依赖：{name}", "使每个日期只由已知的日期推出。"),
    "notice_value": ("提示“{name}”须写 value 或 computes 之一", "固定的答案写 value，随条件变化的写 computes。"),
    "inherits_unknown": (
        "找不到规则包“{name}”",
        "from 写作 640000@2019-01-01，指上级的 common- 目录或本地的 pack- 目录。",
    ),
    "inherits_not_above": ("“{name}”不是本地的上级", "只能沿用上级或本地的规则；隶属关系见 tenant.yaml。"),
    "inherits_ring": ("规则包互相沿用：{name}", "删除其中一处。"),
    "inherits_nothing": ("“{ref}”没有“{name}”", "从 keys 中删除。"),
    "inherits_conflict": (
        "“{name}”两处都有规定，没有说明以何者为准",
        "在 conflicts 中写明 own、inherited 或 undetermined。",
    ),
    "inherits_no_conflict": ("“{name}”没有冲突", "从 conflicts 中删除。"),
    "inherits_clause": ("条款编号“{name}”与所沿用的重复", "改用另一个编号。"),
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
