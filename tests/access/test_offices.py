"""Whoever a law lets act has an office, and in it a post that holds the right: else an action would wait for ever."""

from pathlib import Path

import pytest

from lianshen import wiring
from lianshen.access.queries import compile_policy
from lianshen.kernel.settings import Settings
from lianshen.kernel.strict_yaml import load

TENANTS = Path(__file__).parents[2] / "tenants"
POLICY = compile_policy(Settings().policies_dir, wiring.PERMISSIONS)


@pytest.mark.parametrize("pack", sorted(TENANTS.glob("*/pack-*")), ids=lambda pack: pack.parent.name)
def test_every_body_that_acts_has_a_post_that_may(pack: Path) -> None:
    posts: dict[str, list[str]] = {}
    for office in load(pack.parent / "demo.yaml").data["offices"]:
        posts.setdefault(office["body"], []).extend(post["role"] for post in office["posts"])
    actions = [action for file in sorted(pack.glob("*.yaml")) for action in load(file).data.get("actions", [])]
    asked = {ask["body"] for action in actions for ask in action.get("asks", [])}
    wanting = set()
    for action in actions:
        for body in asked if action["by"] == ["opinions_pending"] else action["by"]:
            if not POLICY.permits(posts.get(body, []), action["permission"]):
                wanting.add((body, action["permission"]))
    assert wanting == set()
