"""Mail that this server sends: over TLS, to a server that a setting names, short timeouts, one try."""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

SECONDS = 10.0


class NotSent(Exception):
    """The mail was not taken; the text says why, for whoever runs the installation."""


def send(server: str, *, sender: str, to: str, subject: str, text: str) -> None:
    """Hands one mail to `server`: smtps://user:password@host:465, or smtp://host:587 (STARTTLS, required for all but
    this machine itself). Raises NotSent.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content(text)
    target = urlsplit(server)
    host = target.hostname or ""
    try:
        with _connected(target.scheme, host, target.port) as line:
            if target.username:
                line.login(unquote(target.username), unquote(target.password or ""))
            line.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotSent(f"{host}: {type(error).__name__}") from error


def _connected(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    tls = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=tls)
    line = smtplib.SMTP(host, port or 587, timeout=SECONDS)
    if host not in ("localhost", "127.0.0.1", "::1"):
        try:
            line.starttls(context=tls)
        except (OSError, smtplib.SMTPException):
            line.close()
            raise
    return line
