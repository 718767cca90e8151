"""Queries for the tasks that people publish themselves."""

from django.db.models import Case, Q, QuerySet, When

from accounts.models import User
from channels.states import Health
from publishing.models import Delivery
from publishing.states import (
    State,
)


def manual_tasks(user: User) -> QuerySet[Delivery]:
    """Find what people post themselves: what is due first, then what comes."""
    to_come = Q(state=State.SCHEDULED, channel__health=Health.MANUAL)
    return (
        Delivery.objects.visible_to(user)
        .filter(Q(state=State.MANUAL) | to_come)
        .select_related("channel", "unit", "post")
        .defer("channel__sealed", "post__body", "post__search")
        .order_by(Case(When(state=State.MANUAL, then=0), default=1), "due_at", "pk")
    )
