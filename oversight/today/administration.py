"""Cards for administrators of accounts."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, QuerySet

from accounts.models import FactorReset, Invitation, PendingAppointment, User
from accounts.permissions import Permission
from audit.models import Entry
from oversight.today.card import SHOWN, make_card
from posts.models import Post
from posts.states import PostState


def make_without_approver_cards(user: User) -> dict[str, Any]:
    """Return the units of which posts wait that nobody there may approve, and how many posts. An
    administrator reads none of them.
    """
    waiting = find_posts_without_approver(user)
    units = make_card(
        waiting.order_by()
        .values("unit__key", "unit__name")
        .annotate(n=Count("pk"))
        .order_by(F("n").desc(), "unit__search")
    )
    return {"units": units, "posts": waiting.count() if units else 0}


def find_posts_without_approver(user: User) -> QuerySet[Post]:
    """Return the posts that wait within the administrator's scope and that nobody may approve."""
    theirs = Post.objects.within(user.reach(Permission.ACCOUNT_MANAGE))
    return theirs.filter(without_approver_since__isnull=False, state=PostState.IN_REVIEW)


def find_proposals(user: User, *, now: datetime) -> QuerySet[PendingAppointment]:
    """Return the appointments that wait for this administrator's confirmation."""
    waiting = (
        PendingAppointment.objects.visible_to(user)
        .waiting(now)
        .exclude(asked_by=user)
        .exclude(user=user)
    )
    return waiting.select_related("user", "unit", "asked_by")


def find_resets(user: User, *, now: datetime) -> QuerySet[FactorReset]:
    """Return the resets of a second factor that wait for this administrator's confirmation, the
    longest wait first: their people cannot sign in.
    """
    waiting = FactorReset.objects.to_confirm(now).filter(
        user__in=User.objects.visible_to(user).values("pk")
    )
    waiting = waiting.exclude(asked_by=user).exclude(user=user)
    return waiting.select_related("user", "asked_by").order_by("asked_at")


def find_invitations(user: User) -> QuerySet[Invitation]:
    """Return the open invitations of people whom the administrator sees, the first to end first."""
    open_ones = Invitation.objects.filter(
        user__in=User.objects.visible_to(user).values("pk"),
        user__is_active=True,
        used_at__isnull=True,
        withdrawn_at__isnull=True,
    )
    return open_ones.select_related("user").order_by("expires_at")


def find_latest_acts(user: User) -> list[Entry]:
    """Return what people lately did to accounts, units and channels, without the portal's own
    actions.
    """
    return list(Entry.objects.visible_to(user).of_administration()[:SHOWN])
