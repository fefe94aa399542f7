"""What the OpenAPI document says of people and posts: summary and description by operation."""

OPERATIONS = {
    "list_people": ("人员 List people", "按账号排列；`q` 是姓名或账号中的文字，`after` 是上一页最后一个账号。"),
    "create_person": ("登记人员 Create a person", "停用、没有角色；由安全管理员启用和授权。账号不重复使用。"),
    "read_person": ("人员详情 Read a person", "岗位、任命和全部经过。"),
    "enable_person": ("启用账号 Enable", "返回一次性的初始密码，只此一次。"),
    "reset_password": (
        "重置密码 Reset",
        "返回一次性的初始密码，只此一次；此人的登录全部结束。`factors` 同时取消第二验证方式和恢复码。",
    ),
    "disable_person": ("停用账号 Disable", "登录全部结束；岗位保留。"),
    "preview_leaving": ("离岗前查看 What would be left", "未办的工作、岗位，以及是否必须有接替人。"),
    "leave": ("离岗交接 Leave", "一次办完：工作交给接替人，岗位终止，账号停用。"),
    "propose_appointment": ("提请任命管理员 Propose", "须由另一名安全管理员批准。"),
    "list_appointments": ("待批准的任命 List appointments", "提请人和时间。"),
    "decide_appointment": ("批准任命 Decide", "提请人和本人不能批准。"),
    "set_roles": ("授予角色 Set roles", "岗位的角色就是所列的这些；空为全部收回。管理员角色不能这样授予。"),
    "end_post": ("终止岗位 End a post", "代理随之终止。"),
    "stand_in": ("安排代理 Let somebody stand in", "期限内角色与所代岗位相同，记录写明代何人。"),
    "list_offices": ("机构 List offices", "本地区的机构和在任人数。"),
    "create_office": ("登记机构 Create an office", "`body` 是机构性质的代码，一般单位为 `project_unit`。"),
}
