"""``lianshen pack schema``: what the files of ``tenants/`` look like, for editors and other programs."""

from pathlib import Path
from typing import Any

import msgspec

from lianshen.cli.seed import Demo, TenantFile
from lianshen.cli.texts import text
from lianshen.kernel.json_schema import schema_of
from lianshen.rules.queries import published_schemas
from lianshen.workcalendar.queries import calendar_schema

_NOTES = {
    "TenantFile.code": (
        "行政区划代码（GB/T 2260），六位数字",
        "The administrative division code (GB/T 2260), six digits",
    ),
    "TenantFile.name": ("名称", "The name"),
    "level": ("county 县级，city 地市级，province 省级", "county, city or province"),
    "parents": ("上级，各有起止日期", "The levels above, each with its days"),
    "tenant": ("上级的行政区划代码", "The code of the level above"),
    "since": ("自哪日起", "From which day"),
    "until": ("自哪日起不再隶属", "The first day on which it no longer holds"),
    "offices": ("演示用的机构", "The offices of the demo"),
    "Office.code": ("机构代码", "The code of the office"),
    "Office.name": ("机构名称", "The name of the office"),
    "body": ("对应规则包中的哪个机构", "The body of the packs that it is"),
    "posts": ("岗位", "Its posts"),
    "login": ("登录名", "The name to log in with"),
    "Post.name": ("岗位名称", "The name of the post"),
    "role": ("角色，见 policies/roles.csv", "The role, see policies/roles.csv"),
}


def schemas() -> dict[str, dict[str, Any]]:
    """File name to JSON Schema, of every kind of file below ``tenants/``."""
    return published_schemas() | {
        "calendar.schema.json": calendar_schema(),
        "tenant.schema.json": schema_of(TenantFile, "辖区 / jurisdiction", _NOTES),
        "demo.schema.json": schema_of(Demo, "演示机构 / offices of the demo", _NOTES),
    }


def written(schema: dict[str, Any]) -> bytes:
    """A schema as it is kept in a file."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"


def write(folder: Path) -> int:
    """Write all schemas into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        (folder / name).write_bytes(written(schema))
        print(text("written", path=folder / name))
    return 0
