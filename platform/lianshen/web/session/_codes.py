"""The QR code with which an authenticator is set up, and the remark on a code that does not fit."""

import segno

from lianshen.kernel.errors import Invalid, Item
from lianshen.kernel.messages import text


def qr_code(address: str) -> str:
    """``data:`` address of a picture: the policy of our pages allows no drawing within the page."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=2, dark="#1c2733", light="#fff"))


def wrong_code() -> Invalid:
    """The code that was typed does not fit."""
    return Invalid((Item(code="invalid", message=text("code.wrong"), field="code"),))
