"""What the processes of ``forked`` hold from their beginning: all that commands and beats import, and nothing done."""

import importlib
import pkgutil

import lianshen.cli

for _one in pkgutil.iter_modules(lianshen.cli.__path__):
    importlib.import_module(f"lianshen.cli.{_one.name}")
for _name in ("granian.cli", "lianshen.web.app", "lianshen_workers.scheduler", "tests.walk.driver"):
    importlib.import_module(_name)
