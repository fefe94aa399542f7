"""E-mail over SMTP: what a message looks like, and what the server's answers mean."""

import html
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime

import aiosmtplib
from aiosmtplib import SMTP

from lianshen.channels import _messages
from lianshen.channels.types import Letter, Outcome
from lianshen.kernel.settings import Settings

_SECONDS = 15.0


def written(letter: Letter, *, sender: str, domain: str, at: str) -> EmailMessage:
    """A letter as plain text and as HTML of the same words. ``domain`` is ours, for ids; ``at`` the Date header.

    Its id is the same at every attempt, so that a mailbox that has it already can tell.
    """
    made = EmailMessage(policy=POLICY)
    made["From"] = Address(display_name=f"{letter.tenant_name}联审", addr_spec=sender)
    made["To"] = letter.to
    made["Subject"] = " ".join(letter.subject.split())
    made["Date"] = at
    made["Message-ID"] = f"<{letter.id}@{domain}>"
    made["List-Id"] = f"<{letter.tenant}.lianshen.{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    text = f"{letter.body}\n\n-- \n{_messages.FOOTER}\n"
    made.set_content(text, cte="base64")
    made.add_alternative(_html(letter.body), subtype="html", cte="base64")
    return made


def _html(body: str) -> str:
    paragraphs = "".join(
        "<p>" + "<br>".join(html.escape(line) for line in part.split("\n")) + "</p>" for part in body.split("\n\n")
    )
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"></head><body>'
        f"{paragraphs}<hr><p><small>{html.escape(_messages.FOOTER)}</small></p></body></html>"
    )


class Mail:
    """The mail server of this instance, as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._domain = settings.mail_from.rpartition("@")[2]
        self._tls = ssl.create_default_context()
        if settings.extra_certificates:
            self._tls.load_verify_locations(settings.extra_certificates)

    async def carry(self, letter: Letter, now: object) -> Outcome:
        """One connection, one message."""
        said = self._settings
        made = written(letter, sender=said.mail_from, domain=self._domain, at=format_datetime(now))  # type: ignore[arg-type]
        client = SMTP(
            hostname=said.mail_host,
            port=said.mail_port,
            use_tls=said.mail_security == "tls",
            start_tls=said.mail_security == "starttls",
            username=said.mail_user or None,
            password=said.mail_password or None,
            tls_context=None if said.mail_security == "none" else self._tls,
            timeout=_SECONDS,
        )
        try:
            async with client:
                _, answer = await client.send_message(made, sender=said.mail_from, recipients=[letter.to])
        except (aiosmtplib.SMTPException, OSError) as error:
            return read(error)
        return Outcome("sent", answer[:200])


def read(error: Exception) -> Outcome:
    """What a failure means. Only a refusal of the recipient speaks of the address, only one of the content of the
    message; everything else, an account that may not send among it, is tried again."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        return read(error.recipients[0])
    code = getattr(error, "code", 0)
    reason = f"{code} {getattr(error, 'message', '')}".strip()[:200] if code else type(error).__name__
    if isinstance(error, aiosmtplib.SMTPRecipientRefused) and code >= 500:
        ours = str(error.message).startswith("5.7.")  # policy: our server's rules, not the address
        return Outcome("never" if ours else "bounced", reason)
    if isinstance(error, aiosmtplib.SMTPDataError) and code >= 500:
        return Outcome("never", reason)
    return Outcome("later", reason)
