"""What the OpenAPI document says of dates: summary and description by operation, and parameters."""

OPERATIONS = {
    "list_deadlines": (
        "期限清单 List deadlines",
        (
            "正在计算的期限，最近的在前。`whose`：mine 本单位应办、由我经手或尚无人经手，office 本单位应办，"
            "awaited 他方应向本单位办，all 岗位可以查看的全部。"
            "`tabs` 是各清单的数量，`counts` 是所选清单中各情况的数量。"
        ),
    ),
    "list_late": (
        "各单位期限 List what each office owes",
        "各单位应办期限的数量，逾期多的在前；只含岗位可以查看的项目。`days_late` 是最早一项逾期至今的工作日。",
    ),
    "who_was_late": (
        "某日谁逾期 Who was late on a day",
        (
            "`on` 那天结束时已逾期、到期和办结的期限。`then` 是当天所知的情况，`now` 是现在所知的那一天的情况；"
            "`seen_at` 是应办单位首次阅知或办理的时间，`done`、`done_at` 是后来由谁何时了结。"
            "`running`、`paused` 是当天尚未到期、中止计时的数量。"
        ),
    ),
}

OF_ONE_PROJECT = {
    "read_deadlines": (
        "期限 Read the deadlines",
        "`days` 是逐日理由，`entries` 是起算、中止、延长等记录，`steps` 是各次提醒（软件的安排）和届满。",
    ),
    "extend_deadline": (
        "延长期限 Extend a deadline",
        "文件允许本单位延长的，延长到 `until`，附理由，以 `latest` 为限。",
    ),
    "waive_deadline": ("免除期限 Waive a deadline", "文件允许本单位个别免除的，附理由免予履行。"),
}

PARAMETERS = {
    "whose": "谁的期限",
    "state": "情况：late 已逾期，today 今天到期，soon 三个工作日内，later 以后，paused 中止计时",
    "owing": "应办单位的 id",
    "past_day": "过去的一天",
    "due_since": "截止日期不早于",
    "due_until": "截止日期不晚于",
}
