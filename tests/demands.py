"""The demands of the security catalogue that stop a release, which test proves each, and what the tests said.

Printed by ``python -m tests.demands``; with the results of the last whole run it stands in ``test-results/demands.md``.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent
STOPPING = {
    "D1": "Powerless runtime roles",
    "D2": "Every table is declared",
    "D3": "tenant_id is NOT NULL and immutable",
    "D4": "A restrictive policy under the permissive one",
    "D5": "Transaction-local context, one place",
    "D6": "Missing context is an error, never zero rows",
    "D7": "Context survives commit inside one session",
    "D8": "No side door to the database",
    "D9": "AUTOCOMMIT is forbidden",
    "D11": "Composite foreign keys",
    "D12": "Tenant-led uniqueness",
    "D13": "Views are security_invoker",
    "D14": "No materialized views, no definer functions",
    "D15": "Reporting upward is a handover, not a window",
    "D16": "System jobs use narrow roles",
    "D21": "Tenant prefix everywhere else",
    "D22": "Generated cross-tenant test",
    "D23": "Noninterference property",
    "D24": "Worker context comes from the row",
    "D27": "Deny by default at boot",
    "D28": "Subjects and roles cannot collide",
    "D29": "Domain is never empty or wildcard in a request",
    "D30": "Hierarchy by edges, not by code prefix",
    "D31": "Policies are tenant data",
    "D32": "save_policy() is banned",
    "D33": "Revocation at the next request",
    "D34": "Reload is atomic and safe",
    "D35": "Errors deny",
    "D36": "Field-level allowlists, both ways",
    "D37": "Separation of duties in the database",
    "D38": "One decision",
    "D39": "State machine is closed",
    "D43": "Operator access is break-glass",
    "D44": "2xx only after COMMIT returned",
    "D45": "A 303 after POST has committed",
    "D46": "Idempotent submissions",
    "D47": "Unknown outcome is safe",
    "D48": "Receipts reconcile",
    "D49": "Durability settings are verified",
    "D50": "Nothing mandatory lives in memory",
    "D51": "File and row agree",
    "D98": "Identities are real, unique and never reused",
    "D99": "Password rules by deployment profile",
    "D100": "Lockout counts correctly",
    "D101": "Session timeouts",
    "D102": "New session id at sign-in, unknown ids refused",
    "D103": "Cookie attributes",
    "D104": "Two factors for administrators and deciders",
    "D105": "Ending a session ends it everywhere",
    "D107": "No default accounts",
    "D112": "Password hashing is slow, salted, agile",
    "D115": "Mutually exclusive by constraint",
    "D116": "No super-administrator after bootstrap",
    "D117": "Create ≠ empower ≠ watch",
    "D120": "Complete",
    "D121": "Same transaction for success, separate for failure",
    "D122": "If audit cannot be written, the act fails",
    "D123": "Append-only",
    "D124": "Hash chain with a frozen encoding",
    "D125": "The chain cannot fork",
    "D126": "Truncation is detected",
    "D127": "Someone else holds the heads",
    "D128": "Proof bundle",
    "D129": "Old proofs verify for ever",
    "D130": "Decisions read as they were",
    "D131": "Logs are kept six months",
    "D133": "No secrets or personal data in logs",
    "D138": "Forbidden algorithms absent",
    "D139": "Provider interface",
    "D140": "Self-test at boot",
    "D141": "Sensitive fields encrypted, bound to their place",
    "D142": "Integrity of rights and records",
    "D144": "Key life cycle",
    "D145": "Verified TLS inside too",
    "D146": "Agility",
    "D166": "Headers on every response, errors too",
    "D167": "Strict CSP",
    "D168": "CSRF bound to the session",
    "D169": "Context-aware output encoding",
    "D170": "Authenticated pages are never cached",
    "D174": "No third-party origins",
    "D178": "Field inventory",
    "D179": "Masked by default",
    "D181": "Residual information",
}
"""Severity 1, by number, of the sections on tenants, rights, acknowledgement, identity, administrators, proof,
cryptography, web and personal information."""

OPEN = {
    "D15": "partly: nobody above reads working tables; snapshots addressed upwards come with filings",
    "D30": "coming: with roles that tenants set themselves",
    "D31": "coming: with roles that tenants set themselves",
    "D33": "coming: with roles that tenants set themselves",
    "D34": "coming: with roles that tenants set themselves",
    "D35": "coming: with roles that tenants set themselves",
    "D181": "coming: with the operator's work",
    "D98": "coming: with second factors and password profiles",
    "D99": "coming: with second factors and password profiles",
    "D104": "coming: with second factors and password profiles",
    "D107": "coming: with second factors and password profiles",
    "D112": "coming: with second factors and password profiles",
    "D115": "coming: with the three administrators",
    "D116": "coming: with the three administrators",
    "D117": "coming: with the three administrators",
    "D120": "coming: with checkpoints and bundles",
    "D126": "coming: with checkpoints and bundles",
    "D127": "coming: with checkpoints and bundles",
    "D128": "coming: with checkpoints and bundles",
    "D130": "coming: with checkpoints and bundles",
    "D133": "coming: with checkpoints and bundles",
    "D139": "coming: with sealed fields",
    "D141": "coming: with sealed fields",
    "D142": "coming: with sealed fields",
    "D144": "coming: with sealed fields",
    "D146": "coming: with sealed fields",
    "D178": "coming: with sealed fields",
    "D179": "coming: with sealed fields",
    "D167": "coming: with the policies of pages",
    "D169": "coming: with the policies of pages",
    "D170": "coming: with the policies of pages",
    "D174": "coming: with the policies of pages",
    "D131": "not yet: nothing is purged at all, and a term is needed only once something is",
    "D145": "not yet: a matter of the chart, whose database and Redis come from outside",
}
"""What no test proves, or not wholly, each with its reason: ``not yet``, ``partly``, ``not software``; ``coming``
is under way and may have tests already."""


def proven_by(folder: Path) -> dict[str, list[str]]:
    """Which test functions say that they prove which demand, read from their marks without running anything."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for number in _marked(node.decorator_list):
                    found[number].append(f"{path.relative_to(folder.parent)}::{node.name}")
    return dict(found)


def _marked(decorators: Iterable[ast.expr]) -> Iterable[str]:
    for one in decorators:
        for node in ast.walk(one):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "demand":
                yield from (str(part.value) for part in node.args if isinstance(part, ast.Constant))


def report(results: Mapping[str, Mapping[str, str]]) -> str:
    """The table demand → test → result, for ``results`` by number and test."""
    lines = ["| demand | what | test | result |", "|---|---|---|---|"]
    for number, what in STOPPING.items():
        tests = results.get(number, {})
        if number in OPEN:
            lines.append(f"| {number} | {what} | | {OPEN[number]} |")
        lines += [f"| {number} | {what} | {test} | {result} |" for test, result in sorted(tests.items())]
        if not tests and number not in OPEN:
            lines.append(f"| {number} | {what} | | **no test** |")
    others = sorted(set(results) - set(STOPPING), key=lambda number: int(number[1:]))
    lines += [
        f"| {number} | | {test} | {result} |" for number in others for test, result in sorted(results[number].items())
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    found = proven_by(ROOT)
    print(report({number: dict.fromkeys(tests, "") for number, tests in found.items()}))


if __name__ == "__main__":
    main()
