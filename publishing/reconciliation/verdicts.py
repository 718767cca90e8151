"""Decisions of a person who looked at the page, where no API can tell."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from core.errors import Refused
from publishing.deliveries.transitions import TransitionRefused, move
from publishing.models import Delivery
from publishing.states import (
    RECALL_TASKS,
    Reason,
    ReceiptSource,
    State,
)


@transaction.atomic
def decide(delivery: Delivery, *, by: User, is_live: bool, permalink: str = "") -> None:
    """Record what a person saw on the page: the post is live there, or it is not.

    Ends an unknown outcome that no API can end.
    """
    appointment = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    who: dict[str, Any] = {"by": by, "position": appointment.position}
    try:
        if is_live:
            # What is recalled is taken down again from there.
            move(delivery, State.PUBLISHED, **_published_fields(delivery, permalink), **who)
        elif delivery.error_code in RECALL_TASKS:
            move(delivery, State.RECALLED, error_code=Reason.MANUAL, error_detail="", **who)
        else:
            move(delivery, State.FAILED, error_code=Reason.NOT_THERE, **who)
    except TransitionRefused:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page.")) from None


def _published_fields(delivery: Delivery, permalink: str) -> dict[str, Any]:
    """Return the fields of a delivery that a person saw on the page."""
    now = timezone.now()
    is_finished_in_app = delivery.error_code == Reason.IN_APP
    if is_finished_in_app or delivery.error_code == Reason.PROCESSING:
        became_visible_at = now  # the platform, or a person in its app, did it at an unknown hour
    else:
        became_visible_at = delivery.committing_at or now  # the call itself did
    return {
        "receipt_source": delivery.receipt_source if delivery.has_receipt else ReceiptSource.SEEN,
        "permalink": permalink or delivery.permalink,
        "published_at": delivery.published_at or became_visible_at,
        "error_code": Reason.IN_APP if is_finished_in_app else Reason.NONE,
    }
