"""Notices as they are published, of years that are invented, and those of the shipped years told in the same words."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from lianshen.workcalendar.types import Edition

DAY = timedelta(days=1)
_WEEK = "一二三四五六日"

NEXT_YEAR = """国务院办公厅关于2027年
部分节假日安排的通知
国办发明电〔2026〕99号
各省、自治区、直辖市人民政府：
现将2027年放假调休日期的具体安排通知如下。
一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。
二、春节：2月5日（农历除夕、周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月20日（周六）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。4月25日（周日）上班。
五、端午节：6月9日（周三）放假，共1天。
六、中秋节：9月15日（周三）放假，共1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班等工作。
国务院办公厅
2026年11月26日
"""


def told(edition: Edition, *, week: str = "周") -> str:
    """The days of a year in the words of a notice; those decided by its first notice alone."""
    source = edition.notices[0]
    holidays: dict[str, list] = {}
    for one in edition.days:
        if one.source == source.number:
            name = one.label.removesuffix("调休上班" if one.works else "放假")
            holidays.setdefault(name, []).append(one)
    lines = [f"国务院办公厅关于{edition.year}年部分节假日安排的通知", source.number, "各省、自治区、直辖市人民政府："]
    for place, (name, days) in enumerate(holidays.items()):
        off = [one.on for one in days if not one.works]
        worked = [one.on for one in days if one.works]
        said = "、".join(_spans(off, week))
        lines.append(f"{'一二三四五六七'[place]}、{name}：{said}放假调休，共{len(off)}天。" + _worked(worked, week))
    return "\n".join(
        [*lines, "国务院办公厅", f"{source.published.year}年{source.published.month}月{source.published.day}日"]
    )


def _spans(days: list[date], week: str) -> Iterator[str]:
    for _, group in groupby(enumerate(days), key=lambda item: item[1].toordinal() - item[0]):
        span = [day for _, day in group]
        first, last = span[0], span[-1]
        if first == last:
            yield _said(first, week)
        elif first.month == last.month:
            yield f"{_said(first, week)}至{last.day}日（{week}{_WEEK[last.weekday()]}）"
        else:
            yield f"{_said(first, week)}至{_said(last, week)}"


def _worked(days: list[date], week: str) -> str:
    return "、".join(_said(day, week) for day in days) + "上班。" if days else ""


def _said(day: date, week: str) -> str:
    return f"{day.month}月{day.day}日（{week}{_WEEK[day.weekday()]}）"
