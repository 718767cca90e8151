"""Answers of a person to what a platform does not tell of a page."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.completeness.queries import items_asked_of_people
from channels.models import Channel, PageCheck
from core.errors import Refused


@transaction.atomic
def record_seen(channel: Channel, *, by: User, seen: Mapping[str, bool | None]) -> None:
    """Store what a person saw on the page, by item; None: they did not look. What the platform
    tells itself is not theirs to say."""
    authority = require(by, Permission.POST_WRITE, unit=channel.unit)
    now = timezone.now()
    PageCheck.objects.bulk_create([PageCheck(channel=channel, due_at=now)], ignore_conflicts=True)
    check = PageCheck.objects.select_for_update().get(channel=channel)
    said = {name: value for name, value in seen.items() if value is not None}
    if strange := set(said) - set(items_asked_of_people(channel, check)):
        words = _("The platform itself tells this now: %(items)s. Reload the page.")
        raise Refused(words % {"items": ", ".join(sorted(strange))})
    if not said:
        raise Refused(_("Say of one item at least whether the page has it."))
    today = timezone.localdate(now).isoformat()
    for name, value in said.items():
        setattr(check, name, value)
    check.by_hand = {**check.by_hand, **dict.fromkeys(said, today)}
    check.save(update_fields=["by_hand", *said])
    record(
        "channel.page_seen",
        channel,
        by=by,
        position=authority.position,
        there=sorted(name for name, value in said.items() if value),
        lacking=sorted(name for name, value in said.items() if not value),
    )
