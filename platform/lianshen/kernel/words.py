"""How amounts and days are written for people, everywhere alike."""

from datetime import date


def money(fen: int) -> str:
    """Fen as yuan: 50000000 is 500,000.00 元."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d} 元"


def day(on: date | str) -> str:
    """A day, or its ISO form as facts hold it: 2026年3月18日."""
    on = date.fromisoformat(on) if isinstance(on, str) else on
    return f"{on.year}年{on.month}月{on.day}日"
