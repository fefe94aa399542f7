"""What the processes of ``forked`` hold from their beginning: all that commands and beats import, and the law."""

import importlib
import pkgutil

import lianshen.cli
from lianshen import wiring
from lianshen.kernel.settings import Settings
from lianshen.rules.queries import load_law

for _one in pkgutil.iter_modules(lianshen.cli.__path__):
    importlib.import_module(f"lianshen.cli.{_one.name}")
for _name in ("granian.cli", "lianshen.web.app", "lianshen_workers.scheduler", "tests.walk.driver"):
    importlib.import_module(_name)

for _drafts in (True, False):
    load_law(Settings().tenants_dir, drafts=_drafts, permissions=wiring.ACTS)
load_law(Settings().tenants_dir, Settings().tenants_dir)
