"""Queries for broadcasts that wait for a person."""

from django.db.models import QuerySet

from accounts.models import User
from accounts.permissions import Permission
from publishing.models import Broadcast
from publishing.states import (
    BroadcastState,
)


def broadcasts_awaiting(user: User) -> QuerySet[Broadcast]:
    """Find broadcasts that wait for this person: to be confirmed,
    never by the person who asked, or to be checked on the platform."""
    asked = Broadcast.objects.within(user.reach(Permission.POST_APPROVE)).filter(
        state=BroadcastState.PLANNED
    )
    undecided = Broadcast.objects.within(user.reach(Permission.POST_SCHEDULE)).filter(
        state=BroadcastState.UNKNOWN
    )
    found = asked.exclude(asked_by=user) | undecided
    return found.select_related("channel", "unit", "asked_by", "delivery__post").order_by(
        "asked_until", "pk"
    )
