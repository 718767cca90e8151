"""The sentences of notices. Kept apart from the rows, so that each reader gets them in their own language."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from accounts.models import Notice, User
from core.tasks import send_mail

SENTENCES = {
    "post_submitted": gettext_noop("%(by)s submitted “%(title)s” for approval."),
    "post_approved": gettext_noop("%(by)s approved “%(title)s”."),
    "post_returned": gettext_noop("%(by)s returned “%(title)s”: %(reason)s"),
    "post_withdrawn": gettext_noop("%(by)s withdrew “%(title)s”: %(reason)s"),
    "schedule_stopped": gettext_noop("“%(title)s” was changed after approval, so its schedule was stopped."),
    "delivery_failed": gettext_noop("“%(title)s” could not be published on %(channel)s: %(reason)s"),
    "delivery_expired": gettext_noop("“%(title)s” was too late for %(channel)s and was not published."),
    "post_recalled": gettext_noop("%(by)s recalled “%(title)s” from %(channel)s: %(reason)s"),
    "campaign_recalled": gettext_noop("%(by)s recalled the posts of “%(campaign)s”: %(reason)s"),
    "recall_by_hand": gettext_noop(
        "Please delete “%(title)s” on %(channel)s by hand before %(when)s, then confirm it."
    ),
    "recall_finished": gettext_noop("The recall of “%(title)s” is done on all pages."),
    "delivery_by_hand": gettext_noop("Please post “%(title)s” on %(channel)s by hand before %(until)s."),
    "delivery_needs_person": gettext_noop("Please look whether “%(title)s” stands on %(channel)s."),
    "delivery_in_app": gettext_noop(
        "The video of “%(title)s” lies in the app's inbox for %(channel)s. Open the app, complete the post and publish "
        "it; residents do not see it before."
    ),
    "broadcast_asked": gettext_noop(
        "%(by)s wants to send “%(title)s” to all followers of %(channel)s. Please look and confirm it, or call it off."
    ),
    "broadcast_sent": gettext_noop("“%(title)s” went to the followers of %(channel)s."),
    "broadcast_failed": gettext_noop("“%(title)s” was not sent to the followers of %(channel)s."),
    "broadcast_unknown": gettext_noop(
        "Please look in OA Manager whether “%(title)s” went to the followers of %(channel)s."
    ),
    "pause_held_back": gettext_noop(
        "A pause held back what fell due meanwhile, and it was not published (%(n)s). Decide about each: schedule it "
        "again or leave it."
    ),
    "pause_started": gettext_noop("%(by)s paused publishing: %(scope)s. Reason: %(reason)s"),
    "pause_planned": gettext_noop("%(by)s planned a pause of publishing from %(start)s: %(scope)s. Reason: %(reason)s"),
    "pause_ended": gettext_noop("%(by)s ended the pause of publishing: %(scope)s."),
    "pause_discarded": gettext_noop("%(by)s called off the planned pause of publishing: %(scope)s."),
    "alarm_begun": gettext_noop("Alarm: %(what)s"),
    "alarm_over": gettext_noop("Over: %(what)s"),
    "channel_lost": gettext_noop("The connection to %(channel)s no longer works. It must be connected again."),
    "channel_expiring": gettext_noop("The connection to %(channel)s expires on %(date)s."),
    "channels_expiring": gettext_noop("Connections of your units that end soon (%(n)s): %(units)s"),
    "channel_frozen": gettext_noop(
        "Nothing goes out on %(channel)s (%(unit)s) until the unit confirms the page. %(reason)s"
    ),
    "channel_taken_over": gettext_noop("%(by)s reports that %(channel)s (%(unit)s) is in other hands: %(reason)s"),
    "channel_handed_over": gettext_noop("%(by)s handed %(channel)s over from %(unit)s to your unit."),
    "foreign_post": gettext_noop("Posts that the portal did not make stand on %(channel)s (%(n)s). Please look now."),
    "foreign_not_ours": gettext_noop(
        "%(by)s says that a post on %(channel)s (%(unit)s) is not the unit's: the page may be in other hands."
    ),
    "post_gone": gettext_noop(
        "The platform says that “%(title)s” is no longer to be seen on %(channel)s, and nobody recalled it."
    ),
}


def sentence(notice: Notice) -> str:
    """The notice in the language that is active now."""
    return gettext(SENTENCES[notice.kind]) % notice.facts


def notify(people: Iterable[User], kind: str, *, address: str, mail: bool = True, **facts: Any) -> None:
    """A notice in the portal and, unless told otherwise, a mail, to each of ``people``. Sent when the act commits.

    ``facts`` fill the sentence of ``kind``; ``address`` is a path in the portal. Never a post's text.
    """
    people = list({person.pk: person for person in people}.values())
    facts = {name: str(value) for name, value in facts.items()}
    notices = Notice.objects.bulk_create(Notice(user=p, kind=kind, address=address, facts=facts) for p in people)
    if not mail:
        return
    for person, notice in zip(people, notices, strict=True):
        with translation.override(person.language):
            text = sentence(notice)
            letter = {
                "to": [person.email],
                "subject": text[:150],
                "text": f"{text}\n\n{settings.PORTAL_URL}{address}\n\n{settings.PRODUCT_NAME}",
            }
        transaction.on_commit(lambda letter=letter: send_mail.delay(**letter), robust=True)
