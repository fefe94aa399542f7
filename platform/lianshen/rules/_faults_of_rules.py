"""Faults in what a pack rules: bands, clocks, forms, blocks, notices, and what it takes over from others."""

from lianshen.rules._faults import Fault

OF_RULES = {
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
    "not_counted": Fault(
        "期限“{name}”不是向后起算的期限，不能中止、继续、重新计算，也不能限定延长多久",
        "写明 budget，或改用 extends、supersedes。",
        "The clock '{name}' is not counted forward: it cannot pause, go on or begin anew, nor have a limit.",
        "Write budget, or use extends or supersedes.",
    ),
    "never_resumes": Fault(
        "期限“{name}”中止后没有动作使它继续",
        "在某个动作的 resumes 或 restarts 中写明它。",
        "No action lets the clock '{name}' go on after it was paused.",
        "Name it in the resumes or restarts of an action.",
    ),
    "never_pauses": Fault(
        "期限“{name}”没有动作使它中止，无从继续",
        "在某个动作的 pauses 中写明它，或删除。",
        "No action pauses the clock '{name}', so it cannot go on.",
        "Name it in the pauses of an action, or delete it.",
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
    "date_counting": Fault(
        "日期“{name}”没有写明怎样计算",
        "写明 first_day（起算当日是否计入）和 rolling（末日遇休息日是否顺延）。",
        "The date '{name}' does not say how it is counted.",
        "Write first_day (whether the first day counts) and rolling (whether an end on a day off moves).",
    ),
    "date_not_counted": Fault(
        "日期“{name}”不计期限，first_day、rolling 不起作用",
        "删除 first_day、rolling。",
        "The date '{name}' counts nothing, so first_day and rolling mean nothing.",
        "Delete first_day and rolling.",
    ),
    "clock_counting": Fault(
        "期限“{name}”没有写明起算当日是否计入",
        "写明 first_day：counted 计入，not_counted 不计入。",
        "The clock '{name}' does not say whether its first day counts.",
        "Write first_day: counted or not_counted.",
    ),
    "clock_not_counted": Fault(
        "期限“{name}”没有长度，first_day 不起作用",
        "删除 first_day，或写明 budget。",
        "The clock '{name}' has no length, so first_day means nothing.",
        "Delete first_day, or write budget.",
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
    "field_signed": Fault(
        "表单项“{name}”不是金额或整数，没有正负",
        "删除 signed，或把 kind 写作 money、number。",
        "The field '{name}' is no amount or number, so it has no sign.",
        "Delete signed, or let kind be money or number.",
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
    "inherits_how": Fault(
        "“{name}”不能以 {how} 沿用",
        "instrument、inherits 不沿用，从 keys 中删除；append 只用于 {lists}，其余写 nearest 或 named。",
        "'{name}' cannot be taken over by {how}.",
        "Delete instrument and inherits from keys; append is for {lists}; else write nearest or named.",
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
        "另一条款，改用另一个编号；本文件对该条的新规定，在 keys 中写 clauses: nearest，凡引用它的即引用新文。",
        "The clause id '{name}' is also one of the text inherited from.",
        "Another clause has another id. Its new words need clauses: nearest in keys; what cites it cites them.",
    ),
    "superseded_clause": Fault(
        "{ref} 把“{name}”由“{old}”改为“{new}”，此处引用的条款{clause}仍是原文“{quotation}”",
        "在 {ref} 中以编号 {clause} 写明现在的条文，inherits 的 keys 写 clauses: nearest；或在其中重写此项。",
        "{ref} replaced '{name}' ({old}) by {new}, but clause {clause} that is cited here still reads '{quotation}'.",
        "Write clause {clause} anew in {ref}, with clauses: nearest in keys; or write this entry anew there.",
    ),
    "superseded_words": Fault(
        "{ref} 把“{name}”由“{old}”改为“{new}”，此处的文字仍是原来的数：“{text}”",
        "在 {ref} 中重写此项；把数写作 {{{name}}}，文字即随参数改变。",
        "{ref} replaced '{name}' ({old}) by {new}, but the words here still state the former number: '{text}'.",
        "Write this entry anew in {ref}; the number written as {{{name}}} follows the parameter.",
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
    "untold": Fault(
        "{kind}“{name}”不在任何事件或动作中告知",
        "材料写 for 或 at，限制写 closes 或 at，内容写 at。",
        "The {kind} '{name}' is told at no event and no action.",
        "Write for or at of a paper, closes or at of a block, at of a content.",
    ),
    "unread": Fault(
        "表单填报的事实“{name}”没有任何规则用到",
        "删除该项；只留作记录的，改写为 name、label、kind。",
        "The form asks for the fact '{name}', which no rule reads.",
        "Delete the field; if it is for the record only, write name, label and kind instead.",
    ),
}
