"""Faults in how a pack is written: its files, words, clauses, numbers and conditions."""

from lianshen.rules._faults import Fault

OF_WRITING = {
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
        "写作“第十六条”“第十六条（三）”“序言”或“附件1”。",
        "The article '{text}' of clause {name} is not cited properly.",
        "Write 第十六条, 第十六条（三）, 序言 or 附件1.",
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
    "no_answer": Fault(
        "条件可能没有答案：{problem}（如 {facts}）",
        "在同一条件中先排除这种情形（如 amount != 0 &&），比例改写为整数乘法。",
        "The condition may have no answer: {problem} (as with {facts}).",
        "Exclude the case in the same condition (amount != 0 &&); write a share as a product of whole numbers.",
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
    "never_day": Fault(
        "{name} 的条件只在 {day} 这样的日子才会成立，而本版本自 {since} 至 {until} 有效",
        "改正条件中的日期或有效期；本版本有效期内用不到的规则删除。",
        "{name} holds only on days such as {day}; this version is in force from {since} to {until}.",
        "Correct the days of the condition or of the version; delete what no day of it can use.",
    ),
    "never_window": Fault(
        "没有一天可以办理“{name}”：“{window}”的办理时间如自 {first} 至 {last}，本版本自 {since} 至 {until} 有效",
        "改正 window 的 from、until，或改正有效期；跨年的时间分作两个动作。",
        "On no day can '{name}' be done: '{window}' is from {first} to {last}, the law from {since} to {until}.",
        "Correct from and until, or the law's own days; split a window that spans the new year into two acts.",
    ),
    "never_same_day": Fault(
        "没有一天可以办理“{name}”：所需的各项条件各有成立的日子，但不在同一天",
        "改正 when、requires 和关闭它的限制中的日期，使之有共同的日子。",
        "On no day can '{name}' be done: each condition holds on some day, but not all of them on the same.",
        "Correct the days in when, requires and the blocks that close it, so that they have one in common.",
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
    "chinese": Fault(
        "“{name}”须用中文写明，现为“{text}”",
        "用经办人员看得懂的中文改写。",
        "'{name}' is read by people and must be Chinese; it says '{text}'.",
        "Write it in Chinese that a clerk understands.",
    ),
    "quotation_length": Fault(
        "条款{name}的引文须为 1 至 {longest} 字",
        "照抄条文中最能说明问题的字句。",
        "The quotation of clause {name} must have 1 to {longest} characters.",
        "Copy the words of the article that say it best.",
    ),
    "literal": Fault(
        "条件中直接写了数字“{text}”",
        "写入 parameters，注明单位、原文写法和条款，再在条件中使用参数名。",
        "The condition holds the number '{text}'.",
        "Put it into parameters with unit, words and clause, and use the name of the parameter.",
    ),
    "number_none": Fault(
        "“{text}”没有写明以 {unit} 计的数",
        "text 须照抄写明该数的字句。",
        "The words '{text}' state no number of {unit}.",
        "Let text be the words that state the number.",
    ),
    "number_other": Fault(
        "参数“{name}”与原文不符：“{text}”写的是 {said}",
        "改正 value 或 unit。",
        "The parameter '{name}' differs from the text: '{text}' states {said}.",
        "Correct value or unit.",
    ),
    "number_many": Fault(
        "“{text}”写了不止一个数：{said}",
        "text 只取写明本参数的字句。",
        "The words '{text}' state more than one number: {said}.",
        "Let text be only the words that state this parameter.",
    ),
    "unstated": Fault(
        "日期“{name}”尚未填报时，比较也会成立",
        '先写 {name} != "" &&，或先问能确定该日期的事实。',
        "The comparison holds even while the date '{name}' is not stated.",
        'Ask {name} != "" first, or a fact that is set together with the date.',
    ),
    "no_text": Fault(
        "没有该文件的全文：{text}",
        "把全文放在 --texts 所指的目录中，文件名为目录名中的地名。",
        "The text of the regulation is missing: {text}.",
        "Put it into the folder of --texts, under the name of the jurisdiction.",
    ),
    "no_article": Fault(
        "全文中没有条款{name}所称的“{article}”",
        "改正条号；项写在括号里，如“第六条（二）”。",
        "The text has no '{article}', which clause {name} cites.",
        "Correct the article; an item stands in brackets: 第六条（二）.",
    ),
    "not_quoted": Fault(
        "“{text}”不是{article}的原文",
        "逐字照抄，标点也照抄。",
        "'{text}' does not stand in {article}.",
        "Copy it word for word, with its punctuation.",
    ),
    "versions_overlap": Fault(
        "前一版本 {name} 至 {until} 止，与本版本重叠",
        "本版本取代前一版本的，写明 in_force.replaces: {name}；否则改施行日期。",
        "The version before, {name}, lasts until {until} and overlaps this one.",
        "If this one replaces it, say so: in_force.replaces: {name}; else change the first day.",
    ),
    "replaces": Fault(
        "没有早于本版本的 {name}",
        "写本地区较早的版本，如 320723@2025-09-06，其目录须在一起。",
        "There is no earlier version {name}.",
        "Name an earlier version of this jurisdiction, as 320723@2025-09-06, whose folder is beside this one.",
    ),
    "published_changed": Fault(
        "已公布的版本不得修改；与 {on} 公布时不一致的文件：{name}",
        "请恢复该文件；规则有变化的，请另建新版本。",
        "A published version is never changed; not as published on {on}: {name}.",
        "Put the file back as it was; if the law has changed, make a new version.",
    ),
}
