"""Numbers within texts: ``不满{approval_from}`` is told as 不满60万元, whatever layer of the law states the number."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from lianshen.rules._wording import NAMED_NUMBER, READ_BY_PEOPLE

_YUAN = ((10**8, "亿元"), (10**4, "万元"), (1, "元"))
_UNITS = {"working_day": "个工作日", "day": "日", "month": "个月", "year": "年", "percent": "%", "per_mille": "‰"}


def filled(said: Any, parameters: Mapping[str, Any]) -> Any:
    """What is written, the texts that people read with the ``parameters`` that they name; what is none stays."""
    return _filled(said, lambda name: _amount(parameters.get(name[1], {})) or name[0])


def _filled(said: Any, amount: Callable[[re.Match[str]], str]) -> Any:
    if isinstance(said, list):
        return [_filled(item, amount) for item in said]
    if not isinstance(said, dict):
        return said
    return {
        key: NAMED_NUMBER.sub(amount, value)
        if key in READ_BY_PEOPLE and isinstance(value, str)
        else _filled(value, amount)
        for key, value in said.items()
    }


def _amount(parameter: Any) -> str:
    """A parameter as a text writes it; "" for one that does not read."""
    value, unit = (parameter.get("value"), parameter.get("unit")) if isinstance(parameter, Mapping) else ("", "")
    if unit == "month_day" and isinstance(value, str):
        month, _, day = value.partition("-")
        return f"{month.lstrip('0')}月{day.lstrip('0')}日"
    if unit == "yuan" and isinstance(value, int):
        size, word = next((size, word) for size, word in _YUAN if value % size == 0)
        return f"{value // size}{word}"
    return f"{value}{_UNITS.get(str(unit), '')}" if isinstance(value, int) else ""
