"""Walks a project through the API knowing nothing of it but its OpenAPI document and what its answers say.

It never names an action's sequence: it reads each desk, does what is open, and asks the inbox of the next office.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

PAPER = b"%PDF-1.7\n% a paper\n"
ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "text": lambda field: "编号〔2026〕1号",
    "textarea": lambda field: "已核，情况属实。",
    "date": lambda field: "2026-03-04" if field["bound"] == "not_future" else "2026-12-31",
    "money": lambda field: "480000.00",
    "choice": lambda field: field["options"][0]["code"],
    "bool": lambda field: False,
}


class Outsider:
    """One signed-in person of the API at ``base``. Retries what a 503 or a lost connection says to retry."""

    def __init__(self, base: str, document: dict[str, Any], tenant: str, login: str, password: str) -> None:
        self._paths = {
            operation["operationId"]: (method, path)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self._client = httpx.Client(base_url=base, transport=httpx.HTTPTransport(retries=20), timeout=20)
        self._keys = 0
        said = self.call("open_session", json={"tenant": tenant, "login": login, "password": password})
        self._client.headers["Authorization"] = f"Bearer {said['token']}"
        self.login = login

    def close(self) -> None:
        self._client.close()

    def call(self, operation: str, *, ok: bool = True, **given: Any) -> Any:
        """Call one operation of the document with path parameters and ``json``, ``data``, ``files``, ``params``."""
        method, path = self._paths[operation]
        request = {name: given.pop(name) for name in ("json", "data", "files", "params") if name in given}
        self._keys += 1
        headers = {"Idempotency-Key": f"{id(self)}-{self._keys}"} if method == "post" else {}
        for answer in self._tries(method, path.format(**given), headers, request):
            if answer.status_code != 503:
                break
        if ok:
            assert answer.is_success, (operation, answer.status_code, answer.text)
            return answer.json() if answer.content else None
        return answer

    def _tries(
        self, method: str, path: str, headers: dict[str, str], request: dict[str, Any]
    ) -> Iterator[httpx.Response]:
        for attempt in range(60):
            try:
                yield self._client.request(method, path, headers=headers, **request)
            except httpx.TransportError:
                if attempt == 59:
                    raise
            time.sleep(0.25)

    def declare(self, budget: str) -> str:
        """A project of an ordinary new build; returns its id."""
        (tenant,) = {self.call("who_am_i")["tenant"]}
        form = self.call("read_intake", tenant=tenant)["fields"]
        good = {"meets_gbt_40692", "budget_secured", "has_data_sharing_chapter", "has_security_section",
                "in_approved_plan", "in_annual_plan"}  # fmt: skip
        typed: dict[str, Any] = {}
        for field in form:
            match field["kind"]:
                case "bool":
                    typed[field["name"]] = field["name"] in good
                case "money":
                    typed[field["name"]] = budget
                case "choice" if field["required"]:
                    typed[field["name"]] = field["options"][0]["code"]
                case "text" | "textarea":
                    typed[field["name"]] = "教育数据平台"
        return str(self.call("declare", json=typed)["project"])

    def desk(self, project: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("read_desk", project=project)
        return found

    def work(self, project: str) -> str | None:
        """Hand in what one may and do the first thing that is open and stands in an inbox; its code, or None."""
        for paper in self.desk(project)["papers"]:
            if paper["may_upload"] and not paper["versions"]:
                files = {"file": ("材料.pdf", PAPER, "application/pdf")}
                self.call("hand_in", project=project, data={"paper": paper["code"]}, files=files)
        for action in self.desk(project)["actions"]:
            if action["open"] and action["task"] and action["tone"] == "primary":
                typed = {field["name"]: ANSWERS[field["kind"]](field) for field in action["form"]}
                self.call("act", project=project, action=action["code"], json=typed)
                return str(action["code"])
        return None

    def has_work(self, project: str) -> bool:
        return any(task["project"] == project for task in self.call("read_inbox"))
