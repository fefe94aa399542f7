"""Every way in which a pack can be wrong, by code: what is wrong and what to do about it, in Chinese and in English."""

from typing import NamedTuple


class Both(NamedTuple):
    """A word in both languages, put into a sentence in the language of the sentence."""

    zh: str
    en: str


class Fault(NamedTuple):
    """What is wrong and what to do, once in each language; ``{name}`` stands for a value."""

    zh: str
    zh_remedy: str
    en: str
    en_remedy: str


def said(code: str, **values: object) -> Fault:
    """The sentences of ``code``, filled in. Raises KeyError for an unknown code: that is our bug."""
    zh = {name: value.zh if isinstance(value, Both) else value for name, value in values.items()}
    en = {name: value.en if isinstance(value, Both) else value for name, value in values.items()}
    fault = _FAULTS[code]
    return Fault(
        fault.zh.format(**zh), fault.zh_remedy.format(**zh), fault.en.format(**en), fault.en_remedy.format(**en)
    )


_FAULTS = {
    # 书写 / writing
    "yaml": Fault(
        "无法读取：{problem}",
        "按 YAML 1.2 书写；不使用锚点、标签、小数和日期，日期请加引号。",
        "This does not read: {problem}.",
        "Write YAML 1.2 without anchors, tags, decimals and dates; quote a date.",
    ),
    "empty": Fault(
        "没有内容",
        "写明本文件应有的内容，或删除本文件。",
        "The file says nothing.",
        "Write what belongs here, or delete the file.",
    ),
    "shape": Fault(
        "内容不合格式：{problem}",
        "对照 tenants/README.md 的说明修改。",
        "This has the wrong form: {problem}.",
        "Compare tenants/README.md.",
    ),
    "unknown_key": Fault(
        "不认识的键“{name}”",
        "检查拼写；本处可用的键见 tenants/README.md。",
        "Unknown key '{name}'.",
        "Check the spelling; tenants/README.md tells the keys.",
    ),
    "missing_key": Fault("缺少“{name}”", "补上“{name}”。", "'{name}' is missing.", "Add '{name}'."),
    "twice": Fault("“{name}”重复定义", "保留一处。", "'{name}' is defined twice.", "Keep one."),
    "folder": Fault(
        "目录名须为 pack-<施行日期>，与 in_force.from 相同",
        "改目录名，或改 in_force.from。",
        "The folder must be called pack-<first day in force>, as in_force.from says.",
        "Rename the folder, or change in_force.from.",
    ),
    "dates": Fault(
        "日期“{text}”有误",
        '写作 "2025-09-06"，且有效期止不早于起。',
        "'{text}' is no day that fits.",
        'Write "2025-09-06"; the last day is not before the first.',
    ),
    # 词语 / words
    "unknown": Fault(
        "{kind}“{name}”不存在",
        "检查拼写，或先在{where}中定义。",
        "There is no {kind} '{name}'.",
        "Check the spelling, or define it in {where}.",
    ),
    "unbound": Fault(
        "机构“{name}”没有落实到本地单位",
        "在 bodies 中写明该机构的名称。",
        "The body '{name}' is bound to no office here.",
        "Name it in bodies.",
    ),
    "unused": Fault(
        "{kind}“{name}”没有任何规则用到",
        "删除，或补上使用它的规则。",
        "No rule uses the {kind} '{name}'.",
        "Delete it, or add the rule that uses it.",
    ),
    "name_taken": Fault(
        "“{name}”与已有的事实、参数或条件同名",
        "换一个名称。",
        "'{name}' is already the name of a fact, parameter, condition or word.",
        "Choose another name.",
    ),
    "answer": Fault(
        "问题“{name}”的答案应为{wanted}",
        "对照 _vocabulary/answers.yaml 改写 value。",
        "The question '{name}' is answered by a {wanted}.",
        "Correct value by _vocabulary/answers.yaml.",
    ),
    "type": Fault(
        "“{name}”应为{wanted}",
        "改用类型相符的事实或参数。",
        "'{name}' must be {wanted}.",
        "Use a fact or parameter of that type.",
    ),
    # 条款与参数 / clauses and parameters
    "article": Fault(
        "条款{name}的条号“{text}”不合格式",
        "写作“第十六条”。",
        "The article '{text}' of clause {name} is not cited properly.",
        "Write 第十六条.",
    ),
    "quotation": Fault(
        "条款{name}的引文中没有“{text}”",
        "参数的 text 须照抄引文中的字句。",
        "The quotation of clause {name} does not hold the words '{text}'.",
        "Copy the text of a parameter from the quotation.",
    ),
    "coverage": Fault(
        "条款{name}须由规则、feature、not_software 之一说明",
        "已有规则引用的从 coverage 中删除；其余只写 feature 或 not_software。",
        "Clause {name} is accounted for by a rule, by feature or by not_software, and by one of them only.",
        "Remove from coverage what a rule cites; else write feature or not_software.",
    ),
    "month_day": Fault("“{text}”不是月日", '写作 "07-31"。', "'{text}' is no day of the year.", 'Write "07-31".'),
    # 条件 / conditions
    "expression": Fault(
        "条件无法成立：{problem}",
        "条件须是对已定义的事实、参数、条件的是非判断。",
        "This is no condition: {problem}.",
        "A condition asks yes or no over facts, parameters and conditions that are defined.",
    ),
    "unset": Fault(
        "事实“{name}”没有来源",
        "由申报表填报，或由某个办理动作设定。",
        "Nothing states the fact '{name}'.",
        "Ask it in the declaration, or let an action set it.",
    ),
    "never": Fault(
        "{name} 的条件永远不会成立",
        "检查条件所用的事实能否由申报表或办理动作得到。",
        "The condition of {name} never holds.",
        "See whether the declaration or an action can bring the facts about that it asks for.",
    ),
    "too_early": Fault(
        'when 为 "true" 的一项之后的各项永不适用',
        "把它移到末尾。",
        'What stands after an entry whose when is "true" never applies.',
        "Move that entry to the end.",
    ),
    "last_way": Fault(
        '最后一项的 when 须为 "true"',
        "在末尾补上其余情形。",
        'The when of the last entry must be "true".',
        "Add the remaining case at the end.",
    ),
    "ring": Fault(
        "日期互相依赖：{name}",
        "使每个日期只由已知的日期推出。",
        "These dates follow from each other: {name}.",
        "Let each follow from known dates only.",
    ),
    # 档次 / tiers
    "bands_first": Fault(
        "最低一档不能写 from",
        "删除 from，使最低一档没有下限。",
        "The lowest band has no from.",
        "Delete from, so that the lowest band is open below.",
    ),
    "bands_last": Fault(
        "最高一档不能写 below",
        "删除 below，使最高一档没有上限。",
        "The highest band, and it alone, has no below.",
        "Delete below of the highest band, so that it is open above.",
    ),
    "bands_gap": Fault(
        "{low} 至 {high} 没有档次",
        "使本档 from 与上一档 below 相同。",
        "Nothing covers {low} to {high}.",
        "Let from be the below of the band before.",
    ),
    "bands_overlap": Fault(
        "{low} 至 {high} 落入两档",
        "使本档 from 与上一档 below 相同。",
        "Two bands cover {low} to {high}.",
        "Let from be the below of the band before.",
    ),
    "bands_empty": Fault(
        "档次“{name}”不含任何金额",
        "使 below 大于 from。",
        "The band '{name}' holds no amount.",
        "Let below be above from.",
    ),
    # 期限与日期 / clocks and dates
    "never_starts": Fault(
        "期限“{name}”没有动作启动",
        "在某个动作的 starts 中启动它，或删除。",
        "No action starts the clock '{name}'.",
        "Name it in the starts of an action, or delete it.",
    ),
    "never_stops": Fault(
        "期限“{name}”没有动作停止",
        "在某个动作的 stops 中停止它。",
        "No action stops the clock '{name}'.",
        "Name it in the stops of an action.",
    ),
    "clock_start": Fault(
        "期限“{name}”启动时没有“{fact}”",
        "在启动它的动作表单或 stamps 中加入该事实。",
        "Where the clock '{name}' starts, '{fact}' is not known.",
        "Put the fact into the form or the stamps of the action that starts it.",
    ),
    "clock_without_end": Fault(
        "期限“{name}”没有长度，也没有截止日期",
        "写明 budget，或用 from 指出截止日期所在的事实。",
        "The clock '{name}' has no length and no last day.",
        "Write budget, or name the fact that holds the last day in from.",
    ),
    "expiry_sets": Fault(
        "期限“{name}”的到期后果与所设事实不符",
        "有后果的写明 sets；没有后果的 code 写 none，不写 sets。",
        "What the end of the clock '{name}' does and what it sets do not fit.",
        "Write sets where it has a consequence; else code none and no sets.",
    ),
    "standing": Fault(
        "常设期限“{name}”不由动作启动和停止，须写明在哪些事件时告知",
        "写明 events；动作的 starts、stops 中不写它。",
        "The standing clock '{name}' is started and stopped by nothing, and told at events.",
        "Write events; do not name it in starts or stops.",
    ),
    "date_shape": Fault(
        "日期“{name}”须写 from 或 yearly，yearly、after、before 至多写一个",
        "按 tenants/README.md 的说明改写。",
        "The date '{name}' has from or yearly, and at most one of yearly, after and before.",
        "Rewrite it by tenants/README.md.",
    ),
    "figure_shape": Fault(
        "数额“{name}”须写 first_of 或 sum_of 之一",
        "取先填报的一项写 first_of，合计写 sum_of。",
        "The figure '{name}' has either first_of or sum_of.",
        "Write first_of for the first that is stated, sum_of for the sum.",
    ),
    # 表单、限制、提示 / forms, blocks, notices
    "not_askable": Fault(
        "“{name}”不是可以填报的事实",
        "改用 _vocabulary/facts.yaml 中 bool、int、money、date、code、text 类的事实。",
        "'{name}' is no fact that a form can ask.",
        "Use a fact of _vocabulary/facts.yaml of type bool, int, money, date, code or text.",
    ),
    "no_option": Fault(
        "“{name}”不是事实“{fact}”的选项",
        "改用 _vocabulary/facts.yaml 中列出的选项。",
        "'{name}' is no option of the fact '{fact}'.",
        "Use an option that _vocabulary/facts.yaml lists.",
    ),
    "field_both": Fault(
        "表单项须写 fact 或 name 之一",
        "已有事实写 fact；只随本次办理记录的写 name、label、kind。",
        "A field has either fact or name.",
        "Write fact for a fact; name, label and kind for what only the record of the act keeps.",
    ),
    "field_incomplete": Fault(
        "表单项“{name}”缺少 label 或 kind", "补上。", "The field '{name}' lacks label or kind.", "Add it."
    ),
    "not_in_form": Fault(
        "“{name}”不是本表单的项目",
        "field 写表单中的 fact 或 name。",
        "'{name}' is no field of this form.",
        "Let field be a fact or name of the form.",
    ),
    "soft_without_judge": Fault(
        "原则性限制“{name}”没有人能够准予例外",
        "写明 overridable_by，并为该机构写一个动作，其表单有 options_from: exceptions 的一项。",
        "Nobody can grant an exception from the block '{name}', which holds in principle.",
        "Write overridable_by, and an action of that body whose form has options_from: exceptions.",
    ),
    "hard_with_judge": Fault(
        "绝对限制“{name}”不能准予例外",
        "删除 overridable_by，或改为 in_principle。",
        "The absolute block '{name}' knows no exceptions.",
        "Delete overridable_by, or make it in_principle.",
    ),
    "notice_value": Fault(
        "提示“{name}”须写 value 或 computes 之一",
        "固定的答案写 value，随条件变化的写 computes。",
        "The notice '{name}' has either value or computes.",
        "Write value for a fixed answer, computes for one that conditions decide.",
    ),
    "dispute_without_judge": Fault(
        "争议点“{name}”没有人能够认定",
        "为有权认定的机构写一个动作，其表单有 options_from: disputes 的一项；无须认定的删除 code。",
        "Nobody can decide the disputed point '{name}'.",
        "Write an action of the body that may, whose form has options_from: disputes; else delete code.",
    ),
    "judge_without_dispute": Fault(
        "动作“{name}”没有可认定的争议点",
        "给争议点写明 code，或删除 options_from: disputes。",
        "The action '{name}' has no disputed point to decide.",
        "Give the point a code, or delete options_from: disputes.",
    ),
    # 沿用 / inheritance
    "inherits_unknown": Fault(
        "找不到规则包“{name}”",
        "from 写作 640000@2019-01-01，指上级的 common- 目录或本地的 pack- 目录。",
        "There is no pack '{name}'.",
        "Write from as 640000@2019-01-01: a folder common-… of a level above, or pack-… of one's own.",
    ),
    "inherits_not_above": Fault(
        "“{name}”不是本地的上级",
        "只能沿用上级或本地的规则；隶属关系见 tenant.yaml。",
        "'{name}' does not stand above this jurisdiction.",
        "Inherit from a level above or from one's own law; tenant.yaml tells who stands above.",
    ),
    "inherits_ring": Fault(
        "规则包互相沿用：{name}",
        "删除其中一处。",
        "These packs inherit from each other: {name}.",
        "Delete one of the two.",
    ),
    "inherits_nothing": Fault(
        "“{ref}”没有“{name}”", "从 keys 中删除。", "'{ref}' has no '{name}'.", "Delete it from keys."
    ),
    "inherits_conflict": Fault(
        "“{name}”两处都有规定，没有说明以何者为准",
        "在 conflicts 中写明 own、inherited 或 undetermined。",
        "Both texts speak about '{name}', and nothing says which prevails.",
        "Write own, inherited or undetermined in conflicts.",
    ),
    "inherits_no_conflict": Fault(
        "“{name}”没有冲突", "从 conflicts 中删除。", "Nothing conflicts about '{name}'.", "Delete it from conflicts."
    ),
    "inherits_clause": Fault(
        "条款编号“{name}”与所沿用的重复",
        "改用另一个编号。",
        "The clause id '{name}' is also one of the text inherited from.",
        "Use another id.",
    ),
    "link_text": Fault(
        "“{name}”不能指明另一个项目",
        "改用 text 类的事实，填写项目编号。",
        "'{name}' cannot name another project.",
        "Use a fact of type text, which holds the number of a project.",
    ),
    "link_types": Fault(
        "“{name}”与另一项目的“{other}”不是同一类事实",
        "改用类型相同的事实。",
        "'{name}' and '{other}' of the other project are facts of different types.",
        "Use facts of one type.",
    ),
}
