"""The mark of a training installation. Screens, papers, pictures and letters bear it, so that
nobody takes what was made for practice for the real thing.
"""

from typing import Any

from django.conf import settings
from django.core.mail.backends.filebased import EmailBackend

# Papers and pictures are Vietnamese in any language of the screen, and so is their mark.
_WORD = "TẬP HUẤN"


def get_mark() -> str:
    """Return the word that papers and pictures bear; nothing in a live installation."""
    return _WORD if settings.TRAINING else ""


def mark(text: str) -> str:
    """Return ``text`` as training shows it: with the mark before it, once."""
    prefix = f"[{_WORD}] "
    return prefix + text.removeprefix(prefix) if settings.TRAINING else text


class MarkedMail(EmailBackend):
    """Put letters into files, each with the mark in its subject: whoever writes one forgets
    nothing.
    """

    def send_messages(self, email_messages: Any) -> int:
        for message in email_messages:
            message.subject = mark(str(message.subject))
        return super().send_messages(email_messages) or 0
