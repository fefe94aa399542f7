"""Chinese sentences of the calendar, by code: what is wrong with a notice, and what to do."""

_TEXTS = {
    "title": "没有找到标题“关于××××年部分节假日安排的通知”。",
    "title.remedy": "请连同标题一并粘贴。",
    "number": "没有找到文号。",
    "number.remedy": "请连同文号一并粘贴，如“国办发明电〔2025〕7号”。",
    "published": "没有找到成文日期。",
    "published.remedy": "请连同文末单独一行的日期一并粘贴，如“2025年11月4日”。",
    "festival": "没有写到“{name}”。",
    "festival.remedy": "请粘贴通知全文，每个节日一段，如“一、元旦：……”。",
    "twice": "{day} 写了两次。",
    "twice.remedy": "请与原文核对。",
    "weekday": "{day} 不是周六、周日，不能调休上班。",
    "weekday.remedy": "请与原文核对日期。",
    "count": "写明共 {stated} 天，按所写日期是 {counted} 天。",
    "count.remedy": "请与原文核对日期和天数。",
    "nothing": "没有写明放假的日期。",
    "nothing.remedy": "请与原文核对，日期写作“1月1日至3日”。",
    "order": "{first} 至 {last} 前后颠倒。",
    "order.remedy": "请与原文核对。",
    "no_day": "没有“{said}”这一天。",
    "no_day.remedy": "请与原文核对日期。",
    "other_year": "{day} 不在 {year} 年，也不是上一年 12 月。",
    "other_year.remedy": "请与原文核对年份。",
    "week": "{day} 是周{is_}，不是{stated}。",
    "week.remedy": "请与原文核对日期。",
    "line": "第 {line} 行“{said}”看不懂。",
    "line.remedy": "每行写一天（2026-03-20 开斋节）或连续几天（2026-03-20..2026-03-21 开斋节），上班的加“上班”。",
    "span": "第 {line} 行的日期前后颠倒，或超过 60 天。",
    "span.remedy": "请核对日期。",
    "outside": "{day} 不在 {year} 年。",
    "outside.remedy": "一次只登记一年的日子，跨年的分两次登记。",
    "empty": "没有写任何一天。",
    "empty.remedy": "请至少写一天。",
}


def text(code: str, **values: object) -> str:
    """The sentence of ``code``."""
    return _TEXTS[code].format(**values)


NOTICE_TITLE = "国务院办公厅关于{year}年部分节假日安排的通知"
