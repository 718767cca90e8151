"""Tell everybody who watches over the installation that power over it changes."""

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import User
from accounts.notices import SENTENCES, notify
from accounts.queries import ministry_administrators, system_operators
from core.tasks import send_mail


def raise_alarm(kind: str, *, address: str, also: tuple[User, ...] = (), **facts: Any) -> None:
    """Send the notice ``kind`` to the ministry's administrators and all system operators, ``also``
    to others, and a letter to ALARM_EMAILS: whoever acts does not choose who hears of it.

    The facts go by mail: name people and pages, never a secret nor what somebody typed.
    """
    people = [*ministry_administrators(), *system_operators(), *also]
    notify(people, kind, address=address, **facts)
    if not settings.ALARM_EMAILS:
        return
    with translation.override(settings.LANGUAGE_CODE):
        text = gettext(SENTENCES[kind]) % {name: str(value) for name, value in facts.items()}
    send_mail(
        to=settings.ALARM_EMAILS,
        subject=text[:150],
        text=f"{text}\n\n{settings.PORTAL_URL}{address}\n\n{settings.PRODUCT_NAME}",
    )
