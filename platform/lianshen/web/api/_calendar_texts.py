"""What the OpenAPI document says of calendars: summary and description by operation, and parameters."""

OPERATIONS = {
    "read_calendar": (
        "工作日历 Read the calendar",
        (
            "现行日历的版本，和组成它的各期通知：`horizon` 是已公布安排的最后一天，此后暂按周一至周五为工作日计算；"
            "`days_left` 是距那一天还有多少日；`version` 相同则每一天都相同。"
        ),
    ),
    "read_days": (
        "全年每一天 Read the days of a year",
        (
            "`works` 为是否工作日，`label` 是理由，`source` 是作出安排的文号（周末和平常工作日为空），"
            "`stands_still` 为突发事件停止计算期限的日子。`published` 为 false 的年份尚未公布安排，结果是暂定的。"
        ),
    ),
}

PARAMETERS = {"calendar_year": "年份，如 2026"}
