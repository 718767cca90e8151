"""Mail to those who answer for the installation, past every queue."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations import presenters
from operations.models import Alarm

log = logging.getLogger(__name__)


def mail_alarms(alarms: list[Alarm]) -> bool:
    """Send the mail, and tell whether it went out."""
    with translation.override(settings.LANGUAGE_CODE):
        begun = [alarm for alarm in alarms if alarm.closed_at is None]
        over = [alarm for alarm in alarms if alarm.closed_at]
        first = (begun or over)[0]
        title = make_subject(presenters.describe_title(first.kind, first.key), over=not begun)
        if more := len(alarms) - 1:
            title += " " + ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more}
        return send_to_operators(
            title,
            "\n\n".join(
                [*map(presenters.write_mail, begun), *map(presenters.write_mail_of_end, over)]
            ),
        )


def make_subject(title: str, *, over: bool = False) -> str:
    return (_("Over: %(what)s") if over else _("Alarm: %(what)s")) % {"what": title}


def send_to_operators(subject: str, text: str) -> bool:
    """Mail those who answer for the installation, past every queue, and tell whether that is done.

    Nobody to write to, as in a try-out, counts as done.
    """
    if not settings.ALARM_EMAILS:
        return True
    foot = f"{settings.PORTAL_URL}{reverse('operations:status')}\n\n{settings.PRODUCT_NAME}"
    try:
        send_mail(subject, f"{text}\n\n{foot}", None, settings.ALARM_EMAILS)
    except Exception:  # whatever a mail server or network answers: the next watch tries again
        log.exception("an alarm could not be mailed")
        return False
    return True
