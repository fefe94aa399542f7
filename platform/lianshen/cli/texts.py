"""What the command line says: progress and tables in Chinese, refusals in Chinese and English with the remedy."""

import errno

_TEXTS = {
    "fault": "{file}:{line}: {zh}。{zh_remedy}",
    "linted": "{packs} 个规则包，{errors} 处错误 / {packs} packs, {errors} errors",
    "written": "已写入 {path}",
    "no_packs": "{path} 中没有规则包（pack-<施行日期>）。\nThere is no pack (pack-<first day>) at {path}.",
    "no_folder": "没有目录 {path}。\nThere is no folder {path}.",
    "clauses": "{file}:{line}: 条款清单缺少“{key}” / the list of clauses lacks '{key}'",
    "shares": "{name}：{done}/{all} 条已落实（{share}）；规则 {rules}，功能 {built}，待建功能 {planned}，"
    "不属软件 {not_software}，未落实 {open}",
    "in_all": "合计",
    "covering": "{pack}《{title}》",
    "no_pack": "（没有规则包）",
    "by_rules": "规则 {by}",
    "by_built": "功能 {by}{note}",
    "by_planned": "待建功能 {by}{note}",
    "by_not_software": "不属软件：{note}",
    "by_open": "未落实",
    "cited_as": "条号不一致：{id} 清单为 {article}，规则包为 {cited}",
    "stranger": "没有条款的规则：{id}（{by}）",
    "case_failed": "✗ {id}（{jurisdiction}）{why}",
    "proved": "{folder}：{count} 个示例项目，使每个条件都成立过、每个动作都可以办理过",
    "lineage_none": "“{name}”没有“{address}”，可查的有：",
    "brief_head": "{title}（{number}），规则版本 {version}，按 {on}的规定",
    "brief_unpublished": "本规则版本尚未公布，仅供试用",
    "brief_not_in_force": "当日不在有效期内，下列内容仅供参考",
    "brief_scope_yes": "在本办法管理范围内",
    "brief_scope_no": "不在本办法管理范围内",
    "brief_scope_undetermined": "是否在管理范围内，条文未作定论，由人认定",
    "brief_management": "管理方式：{label}",
    "brief_blocks": "需要先解决的问题：",
    "brief_absolute": "不得：{label}。{remedy}",
    "brief_in_principle": "原则上不得，可申请例外：{label}。{remedy}",
    "brief_granted": "已准予例外：{label}。{remedy}",
    "brief_papers": "要交的材料：",
    "brief_with": "，“{acts}”时交",
    "brief_choices": "可选：",
    "brief_contents": "须写明的内容：",
    "brief_steps": "办理环节：",
    "brief_step": "{by}：{label}",
    "brief_open": "现在可以办理：",
    "brief_shut": "{label}：{why}。{remedy}",
    "brief_shutting": "轮到而不能办理：",
    "brief_clocks": "期限：",
    "brief_due": "{label}：截止 {due}",
    "brief_supposed": "{label}：{trigger}起算；如当天起算，截止 {due}",
    "brief_undated": "{label}：{trigger}，截止日期尚不能确定",
    "brief_notices": "请注意：",
    "brief_pair": "{label}：{said}",
    "brief_disputes": "条文存在两种理解：",
    "brief_dispute": "{point}：本系统采用“{reading}”；另一种理解“{other}”",
    "brief_basis": "（{instrument}{article}）",
    "lineage_no_pack": "没有“{name}”的规则包。\nThere is no pack of {name}.",
    "lineage_holds": "● {said}\n    {ref}《{instrument}》{article}",
    "lineage_shadowed": "○ {said}（不适用）\n    {ref}《{instrument}》{article}",
    "keys_head": "# 规则包的键 / The keys of a pack\n\n"
    "由 `lianshen pack keys` 生成，勿手改。怎样写规则包见 [README.md](README.md)。标 \\* 的键必须写。"
    "“例”是样例县（`_example/990001-yangli`）中的第一处写法。\n"
    "“测试”在 `tests/rules/` 中：改动该键的值，规则包的某项回答随之改变。\n\n"
    "Written by `lianshen pack keys`, not by hand. How packs are written is told in [README.md](README.md). "
    "Keys marked \\* must be there. An example is the first use in the invented county.\n"
    "The test, below `tests/rules/`, changes the value of that key: some answer of the pack must change with it.\n\n"
    "`condition`：是或否的表达式 / a yes-or-no expression；`expression`：得出是否、数或日期 / "
    "gives a yes or no, a number or a date；`code of X`：X 中的代码 / a code among X；`[…]`：列表 / a list；"
    "`{{…: …}}`：名称对值 / names and values。",
    "keys_part": "## {entry} {places}",
    "keys_columns": "| 键 key | 含义 | meaning | 类型与单位 type, unit | 例 example | 测试 test |\n"
    "|---|---|---|---|---|---|",
    "keys_required": " \\*",
    "begun_without": "自施行日起不会成立或没有用处的 {count} 项未写入：",
    "begun": "已写入草案 {path}\n其条款、引文、数字、机构都还是 {ref}《{title}》的。下一步：\n"
    "  1. 逐条改为本地正式文本，写明文号，把 instrument.yaml 的 status 改为 law\n"
    "  2. lianshen pack lint {path} --texts 办法全文目录（逐条核对引文）\n"
    "  3. lianshen pack review {path} --drafter 起草人 --by 审核人\n"
    "  4. lianshen pack publish {path} --by 公布人，然后重启服务",
    "reviewed": "已审核：{path}（起草 {drafter}，审核 {by}，内容审核至 {until}）",
    "published": "已公布：{path}（{by}，{on}，SHA-256 {digest}）",
    "version_head": "版本\t状态\t{on}\t施行\t有效期至\t审核至\t文件\tSHA-256",
    "state_published": "已公布",
    "state_draft": "草案",
    "state_reviewed": "草案（已审核）",
    "in_force_yes": "有效",
    "in_force_no": "—",
    "no_version": "没有版本“{name}”。请写规则包目录，或版本号，如 320723@2025-09-06；现有：{known}",
    "diff_head": "{old} → {new}：{count} 处变化",
    "diff_kind": "【{kind}】",
    "diff_added": "  ＋ {label}{article}",
    "diff_removed": "  － {label}{article}",
    "diff_changed": "  ～ {label}{article}",
    "diff_moved": "  ⇅ 先后次序",
    "diff_detail": "      {what}：{before} → {after}",
    "diff_said": "      {what}：{said}",
    "diff_resting": "      涉及：{rules}",
    "no_predecessor": "{ref} 之前没有版本，请用 --against 指明与哪个版本比较。",
    "other_tenant": "{ref} 不是 {tenant} 的规则包。",
    "facts_line": "{file}:{line}：{problem}",
    "compared": "已比较 {count} 个项目",
    "what_if_head": "{old} → {new}：比较 {projects} 个项目，{unchanged} 个不变，{changed} 个有变化",
    "what_if_unanswered": "{count} 个项目无法回答：{numbers}",
    "what_if_kind": "【{label}】{projects} 个项目",
    "what_if_row": "  {count}\t{said}\t例：{examples}",
    "csv_head": "项目编号\t类别\t变化",
    "cipher": "密码模块：{label}",
    "key_unconfirmed": "--confirm 与 --tenant 不一致，没有销毁任何密钥。\n"
    "--confirm differs from --tenant: nothing was destroyed.",
    "key_none": "没有密钥",
    "key_seal": "个人信息加密",
    "key_index": "号码查找",
    "key_integrity": "权限记录校验",
    "key_active": "在用",
    "key_outgoing": "只解密",
    "key_retired": "已停用",
    "key_destroyed": "已销毁",
    "key_age": "{days} 天",
    "key_done": "已处理 {count} 项",
    "stores": "数据库与消息服务已启动",
    "migrated": "数据结构已就绪",
    "seeded": "演示数据已就绪",
    "serving": "网站、后台任务、消息转发、定时任务已启动",
    "address": "浏览器打开 {address} 登录（Ctrl-C 结束）；数据在 {folder}，运行日志在 {folder}/logs",
    "died": "{name} 意外退出（{how}），正在自动恢复",
    "stopping": "正在停止……",
    "stopped": "已全部停止，数据已保留",
    "wiped": "演示数据已清除",
    "port_invalid": "PORT={port} 不是可用的端口号，请用 1024 至 65535 之间的数字。\n"
    "PORT={port} is no usable port, e.g. PORT=8081 make demo",
    "port_taken": "端口 {port} 已被其他程序占用，请换一个：PORT={other} make demo\n"
    "Port {port} is taken by another program; choose another: PORT={other} make demo",
    "running": "本目录的演示正在运行，请先用 Ctrl-C 结束它。\nA demo of this folder is running; end it first (Ctrl-C).",
    "no_space": "磁盘空间不足，请清理后重试（演示约需 1 GB）。\nThe disk is full; free about 1 GB and try again.",
    "no_right": "没有权限读写 {path}，请检查该文件或目录的所有者与权限。\n"
    "No permission for {path}; check its owner and mode.",
    "no_glibc": "本机的 C 运行库过旧或不是 glibc（需要 glibc 2.28 以上）；可自行安装 PostgreSQL 18 并设置 PG_BIN。\n"
    "This machine lacks glibc 2.28; install PostgreSQL 18 yourself and set PG_BIN to its bin folder.",
    "not_started": "{name} 未能启动：{last}\n{name} did not start; its last words are above, the rest in {folder}/logs",
    "failed": "未能启动：{error}\nCould not start: {error}",
    "tenant_columns": "代码 名称 级别 上级 状态",
    "founded": "已建立 {name}（{tenant}），用时 {seconds} 秒",
    "once": "以上口令只显示这一次，24 小时内有效，首次登录须改为自己的密码。",
    "law_ready": "适用规则：{ref}",
    "law_missing": "{tenant} 还没有规则包：可以登录和登记人员，预检和申报会提示没有可适用的办法。\n"
    "以另一地的规则起草：lianshen pack new {tenant} --template 代码 --title 办法名称 --since 施行日期 "
    "--slug 拼音 --name 名称 --parent 上级代码。\n"
    "也可自行编写（见 tenants/README.md，inherits 继承上级的共同部分）。经 lint、两人审核、公布后生效。",
    "exported": "{path}\n{rows} 行，{files} 个文件，清单 SHA-256 {digest}",
    "restored": "已恢复 {name}：{rows} 行，{files} 个文件，各表摘要一致",
    "merge_dry_run": "试算：{tenant} 将由 {heirs} 承接并转为只读；下列各表的行原样保留，一行不动：",
    "split_dry_run": "试算：{tenant} 的一部分将由 {heirs} 承接，本地区继续办理；下列各表的行原样保留，一行不动：",
    "calendar_loaded": "已登记，待试算和批准：{plan}",
    "calendar_let_count": "已生效，第 {number} 版；各地区的期限由后台逐项重算",
    "calendar_published": "已生效",
    "calendar_counts": "地区 在办期限 自动改期 待决定",
    "calendar_counting": "正在试算",
    "calendar_waiting": "共 {moves} 项自动改期，{held} 项待决定；待另一人批准",
    "calendar_withdrawn": "已撤回",
    "calendar_columns": "版本 地区 种类 年份 SHA-256 文号",
    "calendar_horizon": "{version}：已登记至{day}，还有 {left} 天",
    "npm_failed": "前端资源下载失败，请检查网络后重试 make install。\n"
    "npm ci failed; check the network and run make install again.",
}


def text(code: str, **values: object) -> str:
    """The text for ``code``. Raises KeyError for an unknown code: that is our bug."""
    return _TEXTS[code].format(**values)


def explain(error: OSError) -> str:
    """What to do about an error of the operating system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return text("no_space")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return text("no_right", path=error.filename)
    return text("failed", error=error)


def explain_output(name: str, detail: str, folder: object) -> str:
    """What to do about a program that ended with ``detail`` as its last words."""
    if "No space left on device" in detail:
        return text("no_space")
    if "GLIBC_" in detail:
        return text("no_glibc")
    last = detail.splitlines()[-1] if detail else "—"
    return text("not_started", name=name, last=last, folder=folder)
