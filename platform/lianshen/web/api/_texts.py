"""What the OpenAPI document says, by operation: tag, summary, description."""

from lianshen.web.api import _calendar_texts, _deadline_texts, _staff_texts

TITLE = "联审接口 Lianshen API"

OVERVIEW = """\
政务信息化项目全流程管理的开放接口。页面能办的事，接口都能办，规则、权限、留痕完全一致。

**办理一个项目 The walk**

1. `POST /api/v1/sessions` 用账号登录，得到 `token`；其后每次请求带 `Authorization: Bearer <token>`。
2. `GET /api/v1/tenants/{tenant}/intake` 取得本地区申报表的全部字段；`POST /api/v1/assessments` 可先试算：
   要交哪些材料、走哪些环节、哪些条件不满足、各项期限落在哪一天，均附条款原文。两者都不需要登录，不留记录。
3. `POST /api/v1/projects` 新建申报（草稿，可以不完整）；`PATCH /api/v1/projects/{project}` 修改。
4. `GET /api/v1/projects/{project}/desk` 是办理的入口。`papers` 列出要交和已交的材料，`actions` 列出**本岗位**
   现在轮到的事项：`code`、`form`（要填的字段）、`open`（能否办理）；不能办理时 `reasons` 逐条写明缺什么、
   依据哪一条、如何补正。不需要事先知道流程：读 `actions`，办 `open` 为真的事项，再读一次。
5. `POST /api/v1/projects/{project}/documents` 上传材料；
   `POST /api/v1/projects/{project}/actions/{action}` 办理事项，请求体就是 `form` 各字段的值。
6. 其他单位的账号用 `GET /api/v1/inbox` 看到自己的待办，同样从 `desk` 办理，直到合同备案完成。

**字段取值 Forms** `money` 以元为单位，最多两位小数，如 `"480000.00"`；`date` 为 `YYYY-MM-DD`；
`choice` 取 `options` 中的 `code`；`bool` 取 `true` 或 `false`，不填即为否。
返回的金额（`facts`、`used`）一律是**分**的整数；时刻为 UTC，日期为北京时间的日期。

**防重复提交 Idempotency-Key** 登录后的 POST 请求可带此请求头（100 字符以内，自行生成）。同一标识、同一内容再次提交，
返回首次的结果并带 `Idempotent-Replay: true`；同一标识、不同内容返回 409。网络中断后请用同一标识重试，
或先问 `GET /api/v1/submissions?key=…` 是否已经办理；`outcome_unknown` 的答复在 `Link` 里给出这个地址。

**防覆盖 ETag, If-Match** 项目的 `ETag` 是其版本号。修改或办理时带 `If-Match`，他人已先行办理则返回 412，
什么都不会改变。

**错误 Problems** 一律为 RFC 9457 `application/problem+json`：`type` 是稳定的代码，`errors` 一次列出全部原因，
各带字段、条款和补正办法；`reference` 是请求编号。503 附 `Retry-After`，表示什么都没有发生，可以原样重试；
唯有 `outcome_unknown` 表示保存时连接中断，可能已经办理。
"""

TENANTS = "地区与办法 Law"
SESSIONS = "登录 Sessions"
PROJECTS = "项目 Projects"
WORK = "待办与通知 Work"
VERSIONS = "规则版本 Versions"
SYSTEMS = "其他系统 Systems"
PEOPLE = "人员与岗位 People"
CONTACTS = "通讯录 Contacts"
RIGHTS = "权限 Rights"

OPERATIONS = {
    **{name: (PEOPLE, summary, said) for name, (summary, said) in _staff_texts.OPERATIONS.items()},
    **{name: (WORK, summary, said) for name, (summary, said) in _deadline_texts.OPERATIONS.items()},
    **{name: (WORK, summary, said) for name, (summary, said) in _calendar_texts.OPERATIONS.items()},
    **{name: (PROJECTS, summary, said) for name, (summary, said) in _deadline_texts.OF_ONE_PROJECT.items()},
    "list_tenants": (TENANTS, "地区列表 List jurisdictions", "全部地区，及其现行办法。不需要登录。"),
    "read_intake": (
        TENANTS,
        "申报表字段 Read the intake form",
        "本地区现行办法下申报要填写的全部字段，按分区排列。不需要登录。",
    ),
    "assess": (
        TENANTS,
        "试算 Assess without recording",
        (
            "按本地区的办法试算：是否适用、管理方式、材料、环节、障碍、事项、期限、上报和争议点，均附规则编号、条款、"
            "原文和所用数字。`on` 是按哪一天的规定，不填为今天；那一天没有办法在有效期内的，返回 409 并写明原因。"
            "`event` 只问一个事件或事项。`facts` 可以填申报表的字段，也可以填其他事实；没有写的按中性值计，"
            "列在 `assumed` 中。`forecasts` 是各期限的到期日和逐日理由。"
            "命令 `lianshen assess` 对同一问题给出相同的字节。不需要登录，不留记录。"
        ),
    ),
    "explain": (
        TENANTS,
        "怎样会不同 Explain items",
        (
            "对试算结论中的各项，说明哪些情况不同时结论会不同，金额和日期精确到分界。`items` 写作“类别:代码”，"
            "如 `paper:project_proposal`、`step:joint_review`、`action:submit`、`scope`、`management`；"
            "同一代码有几条规则的，可加 `@规则编号`。类别有 paper、step、block、content、clock、notice、choice、"
            "dispute、tier、management、scope、action。`ways` 的每一种都足以使结论不同，"
            "其中 `low`、`high` 是分界（金额为分）；`parts` 的各项须同时解决。"
        ),
    ),
    "open_session": (
        SESSIONS,
        "登录 Open a session",
        (
            "`tenant` 是六位行政区划代码，如 320723。返回的 `token` 只出现这一次。"
            "绑定了动态验证码的账号须同时给出 `code`；有几个岗位的，可用 `post` 指定以哪个岗位办理。"
            "连续五次失败锁定账号 15 分钟（管理员 30 分钟）。"
            "还须设置密码或绑定验证码的，返回 401 sign_in_unfinished，请先在页面上完成。"
        ),
    ),
    "list_sessions": (SESSIONS, "本人的登录 List my sessions", "本人账号现有的登录，最近的在前。"),
    "end_session": (SESSIONS, "结束一个登录 End a session", "结束本人的一个登录，在所有进程中立即生效。"),
    "step_up": (
        SESSIONS,
        "再次确认身份 Step up",
        (
            "办理审批等重要事项返回 401 step_up_required 时，"
            "用 `code`（绑定了动态验证码的）或 `password` 再次确认身份。"
            "返回新的 `token`，原来的立即失效；随后用新的 `token` 重新提交原请求。"
        ),
    ),
    "act_in": (
        SESSIONS,
        "切换岗位 Act in another post",
        "此后以本人的另一岗位办理。返回新的 `token`，原来的立即失效。本人的岗位见 `me.posts`。",
    ),
    "close_session": (SESSIONS, "退出登录 Close the session", "立即生效。"),
    "who_am_i": (SESSIONS, "当前身份 Who am I", "当前凭据对应的人员、岗位与单位。"),
    "declare": (
        PROJECTS,
        "新建申报 Declare a project",
        (
            "以本单位名义新建草稿，并固定适用今天现行的办法版本。请求体是申报表各字段的值，只有 `title` 必填，"
            "其余可以以后补填。"
        ),
    ),
    "list_projects": (
        PROJECTS,
        "项目列表 List projects",
        "有权查看的项目，最近变动的在前。`next` 不为空时，把它作为 `cursor` 取下一页。`q` 按名称或编号查找。",
    ),
    "read_project": (PROJECTS, "项目 Read a project", "项目的全部事实、期限与办理记录。`ETag` 是版本号。"),
    "amend": (
        PROJECTS,
        "修改申报 Amend the declaration",
        "只写要改的字段；值为 `null` 表示清空。仅在项目处于申报单位手中（草稿、退回）时可以修改。",
    ),
    "read_desk": (
        PROJECTS,
        "办理台 Read the desk",
        (
            "办理项目所需的一切：试算结论、材料、**本岗位的事项**（`actions`：能否办理、原因、要填的字段）、各轮意见、"
            "期限及逐日理由。没有轮到本岗位的事项不会列出。"
        ),
    ),
    "hand_in": (
        PROJECTS,
        "上传材料 Hand in a paper",
        "`paper` 是材料代码（见 `desk.papers`），`file` 是文件。再次上传同一材料成为新版本，旧版本保留。",
    ),
    "download": (PROJECTS, "下载材料 Download a paper", "材料的一个版本，原样返回，只作为附件。"),
    "act": (
        PROJECTS,
        "办理事项 Perform an action",
        (
            "`action` 与要填的字段见 `desk.actions`；不需要填写的事项发送 `{}`。条件不满足时返回 409，"
            "`errors` 逐条列出缺什么、依据哪一条、如何补正。"
        ),
    ),
    "list_receipts": (
        PROJECTS,
        "报送回执 List receipts",
        (
            "项目单位每次报送都有回执，按先后排列：编号、时间、内容的 SM3 和 SHA-256、材料及其摘要、签名。"
            "`note` 是签名的回执正文，报送后几秒内生成，此前为空。"
        ),
    ),
    "read_receipt": (PROJECTS, "一份回执 Read a receipt", "`public_key` 是签名的公钥，须另行与公布的公钥核对。"),
    "read_submission": (
        WORK,
        "办理结果 Outcome of a request",
        (
            "请求带了 `Idempotency-Key` 而没有收到答复时，用它查问：`done` 已办理，`status`、`location` 是当时的答复；"
            "`running` 正在办理；`unknown` 没有办理（或当时被拒绝），可以用同一标识重新提交。只能查自己的请求。"
        ),
    ),
    "read_events": (
        PROJECTS,
        "办理记录 Read the ledger",
        "每一步由谁在何时办理、依据哪一条、改变了什么，及其 SM3 摘要。",
    ),
    "read_inbox": (
        WORK,
        "待办 Inbox",
        "本单位现在要办的事，最急的在前；`days_left` 是剩余工作日，0 为今天，负数为逾期。",
    ),
    "read_notices": (WORK, "通知 Notices", "与本人有关的办理情况，最新的在前。"),
    "mark_notices_read": (WORK, "通知全部已读 Mark notices read", "把本人的全部通知标为已读。"),
    "mark_notice_read": (WORK, "通知已读 Mark a notice read", "把本人的一条通知标为已读。"),
    "list_systems": (SYSTEMS, "其他系统 List systems", "本地区登记的其他系统及其密钥。密钥本身不再显示。"),
    "register_system": (SYSTEMS, "登记系统 Register a system", "`office` 是所属单位，`person` 是负责人。"),
    "end_system": (SYSTEMS, "停用系统 End a system", "其全部密钥立即失效，不能恢复。"),
    "issue_key": (
        SYSTEMS,
        "发放密钥 Issue a key",
        (
            "`permissions` 只能从其他系统可以获得的权限中选取，`days` 最多 365。返回的 `token` 只出现这一次，"
            "调用时写作 `Authorization: Bearer <token>`。"
        ),
    ),
    "rotate_key": (SYSTEMS, "更换密钥 Rotate a key", "新密钥范围、期限与旧密钥相同；旧密钥还可使用 7 天。"),
    "revoke_key": (SYSTEMS, "收回密钥 Revoke a key", "立即失效。"),
    "list_versions": (
        VERSIONS,
        "规则版本 List versions of the law",
        "本地区规则的全部版本：是否公布、是否有效、有效期至、审核至、起草审核公布人、SHA-256。",
    ),
    "diff_versions": (
        VERSIONS,
        "比较版本 Compare two versions",
        "两个版本的差别，逐条用中文说明；改动的数值注明所涉规则。",
    ),
    "what_if": (
        VERSIONS,
        "推演 What a version would change",
        (
            "以往的项目按申报时的内容，用两个版本各算一遍：各类结论有变化的项目数和例子。不改动任何项目。"
            "`complete` 为假表示项目太多，只比较了一部分。"
        ),
    ),
    "read_matrix": (
        RIGHTS,
        "权限一览 Read the matrix",
        "今天各角色能办什么。`grants` 是权限代码，分范围的写作 `projects.read/unit`；`own` 是本地区自定的角色。",
    ),
    "who_can": (RIGHTS, "谁能办 Who can do this", "今天岗位上有此权限的人。"),
    "list_holders": (RIGHTS, "人员与岗位 List posts", "本地区在用账号的全部岗位及其角色。"),
    "rights_of": (
        RIGHTS,
        "某人能办什么 What a person can do",
        "按岗位列出能办的事；`reasons` 是来由：从岗位的角色，经其包含的角色，到写明此权限的角色。",
    ),
    "list_roles": (RIGHTS, "自定角色 List own roles", "本地区自定的角色，包括未到日期和已经终止的。"),
    "read_role": (RIGHTS, "查看自定角色 Read a role", "一个自定角色；`version` 用于修改和终止。"),
    "compose_role": (
        RIGHTS,
        "新建自定角色 Compose a role",
        (
            "由基础角色 `includes` 和单项权限 `permissions` 组成；`until` 是最后一天，不填为不限。"
            "管理员的角色和权限不能并入。"
        ),
    ),
    "change_role": (
        RIGHTS,
        "修改自定角色 Change a role",
        "整体改写，从下一次请求起对所有人生效。`version` 不是最新的，返回 409。",
    ),
    "end_role": (RIGHTS, "终止自定角色 End a role", "从下一次请求起不再起作用，不能恢复。"),
    "preview_role": (
        RIGHTS,
        "试看变化 Preview a change",
        "新建（不填 `code`）、修改或终止（不填 `draft`）会增加、减少哪些权限，涉及哪些人。不改动任何内容。",
    ),
    "list_moves": (VERSIONS, "试算列表 List plans of moves", "改按新版本办理的历次试算，最近的在前。"),
    "plan_move": (
        VERSIONS,
        "试算改按新版本 Plan a move",
        "逐个项目试算改按 `to` 版本办理会有什么变化，保存结果，等待另一人批准。不改动任何项目。",
    ),
    "read_move": (
        VERSIONS,
        "试算结果 Read a plan",
        "逐个项目：`verdict` 是否可以改按及原因，`differences` 和 `terms` 有哪些变化，`state` 办到哪一步。",
    ),
    "approve_move": (
        VERSIONS,
        "批准改按新版本 Approve a plan",
        "须由试算人以外的人批准。批准后逐个项目改动；试算之后又有变化的项目不改动。",
    ),
    "list_contacts": (
        CONTACTS,
        "通讯录 List contacts",
        "本地区的人员，按单位排列；电话和邮箱不完整显示。`next` 不为空时作为 `after` 取下一页。",
    ),
    "unmask": (
        CONTACTS,
        "查看完整电话或邮箱 Unmask",
        "`field` 为 `phone` 或 `email`，`reason` 是理由。谁为何查看了谁的联系方式，写入办理记录。答复不会保留。",
    ),
}

EXAMPLES = {
    "register_system": {
        "办公系统": (
            '{"name": "县协同办公系统", "office": "00000000-0000-4000-8000-000000000001", '
            '"person": "00000000-0000-4000-8000-000000000002"}'
        )
    },
    "issue_key": {"查看和起草": '{"permissions": ["projects.read", "projects.declare"], "days": 180}'},
    "create_person": {
        "登记": (
            '{"office": "00000000-0000-4000-8000-000000000001", "login": "zhangsan", "name": "张三", '
            '"since": "2026-03-02"}'
        )
    },
    "reset_password": {"忘记密码": "{}", "丢失手机": '{"factors": true}'},
    "disable_person": {"停用": '{"reason": "核查"}'},
    "leave": {
        "调离": (
            '{"successor": "00000000-0000-4000-8000-000000000001", "reason": "调离", '
            '"posts": ["00000000-0000-4000-8000-000000000002"]}'
        )
    },
    "propose_appointment": {"提请": '{"role": "audit_admin"}'},
    "decide_appointment": {"批准": '{"granted": true}'},
    "set_roles": {"授予": '{"roles": ["applicant"]}'},
    "stand_in": {
        "出差": '{"deputy": "00000000-0000-4000-8000-000000000001", "since": "2026-03-02", "until": "2026-03-06"}'
    },
    "create_office": {"登记": '{"code": "jyj", "name": "县教育局", "body": "project_unit"}'},
    "open_session": {"县教育局经办人": '{"tenant": "320723", "login": "jyj-sb", "password": "…"}'},
    "assess": {
        "已知金额与类型": (
            '{"tenant": "320723", "facts": {"title": "教育数据平台", "kind": "new_build", '
            '"project_budget": "480000.00", "meets_gbt_40692": true}}'
        ),
        "合同何时备案": (
            '{"tenant": "320723", "event": "contract_filed", "on": "2026-03-10", '
            '"facts": {"project_budget": "480000.00", "contracts_signed_on": "2026-03-04"}}'
        ),
    },
    "explain": {
        "为什么要先审核概算": (
            '{"tenant": "320723", "facts": {"kind": "new_build", "project_budget": "1200000.00"}, '
            '"items": ["step:finance_estimate_review", "management"]}'
        )
    },
    "declare": {
        "草稿": '{"title": "教育数据平台", "summary": "汇聚全县教育数据。", "project_budget": "480000.00"}',
    },
    "amend": {"改一项，清一项": '{"project_budget": "460000.00", "summary": null}'},
    "step_up": {"动态验证码": '{"code": "123456"}', "密码": '{"password": "…"}'},
    "act_in": {"另一岗位": '{"post": "018f3b1e-0000-7000-8000-000000000000"}'},
    "unmask": {"通知补正": '{"field": "phone", "reason": "通知补正材料"}'},
    "compose_role": {
        "验收专岗": (
            '{"label": "验收专岗", "includes": ["observer"], "permissions": ["projects.accept"], '
            '"since": "2026-12-01", "until": "2027-11-30"}'
        )
    },
    "change_role": {
        "不限期": (
            '{"label": "验收专岗", "includes": ["observer"], "permissions": ["projects.accept"], '
            '"since": "2026-12-01", "version": 1}'
        )
    },
    "end_role": {"终止": '{"version": 2}'},
    "preview_role": {"终止会怎样": '{"code": "own_1"}'},
    "plan_move": {"改按新版本": '{"to": "320723@2026-02-01"}'},
    "extend_deadline": {"延长": '{"until": "2026-04-30", "reason": "补充材料需要时间"}'},
    "waive_deadline": {"免除": '{"reason": "该项内容已经取消"}'},
    "act": {
        "不需填写": "{}",
        "给出意见": '{"verdict": "agree_with_remarks", "remarks": "请补充数据共享清单。"}',
    },
}

PARAMETERS = {
    **_calendar_texts.PARAMETERS,
    **_deadline_texts.PARAMETERS,
    "tenant": "六位行政区划代码，如 320723",
    "project": "项目的 id",
    "document": "材料版本的 id",
    "deadline": "期限的 id",
    "action": "事项代码，见 desk.actions[].code",
    "version": "规则版本，如 320723@2025-09-06",
    "plan": "试算的 id",
    "filing": "回执的 id",
    "submission": "提交时所带的 Idempotency-Key",
    "system": "系统的 id",
    "key": "密钥的 id",
    "session": "登录的 id",
    "person": "人员的 id",
    "role": "自定角色的代码，如 own_1",
    "permission": "权限代码，如 projects.approve 或 projects.read/tenant",
    "post": "岗位的 id",
    "appointment": "任命的 id",
    "words": "姓名或账号中的文字",
    "after": "上一页最后一个账号",
    "year": "申报年份；不填为全部",
    "sort": "排序：updated 最近更新在前，due 期限最近在前（没有期限的排在最后）",
    "phase": "阶段代码",
    "q": "名称或编号中的文字",
    "cursor": "上一页给出的 next",
    "limit": "每页条数",
    "If-Match": '所依据的版本，即先前得到的 ETag，如 "3"；他人已先行办理则返回 412',
    "Idempotency-Key": "自行生成的提交标识，100 个英文字符以内；同一标识只办一次",
    "ETag": "项目的版本号，用于 If-Match",
    "Location": "新建内容的地址",
    "Idempotent-Replay": "true 表示这是先前同一提交的结果",
}

PROBLEMS = {
    400: "请求无法读取 malformed",
    401: "未登录或登录已失效，或须再次确认身份 not_signed_in, sign_in_failed, sign_in_unfinished, step_up_required",
    403: "没有权限 forbidden, separated, same_person, forged",
    404: "没有这项内容或无权查看 not_found",
    409: (
        "现在不能办理 closed, not_now, exclusive, one_hand, last_administrator, work_left, engaged, "
        "conflict, replayed, no_law, no_target, shortened, not_extendable, not_waivable"
    ),
    412: "已被他人更新 conflict",
    413: "过大 too_large",
    415: "类型不符 wrong_type",
    422: "填写内容有误 invalid",
    429: "请求过于频繁，请按 Retry-After 等待 too_many",
    503: "系统繁忙，可原样重试 busy",
}
