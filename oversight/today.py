"""What the person should know and do today, by the posts they hold. Each card is a few rows and how many there are."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from accounts.models import Invitation, User
from accounts.permissions import Permission
from audit.models import Entry
from channels import forecast
from channels.forecast import Risk
from channels.life_wording import RISK_LOOKS, VERDICT_LOOKS
from channels.models import Channel, ForeignPost
from channels.states import Verdict
from engagement.periods import Period
from engagement.queries import in_trouble
from oversight.queries import DYING, delivery_figures
from posts.models import Post, Review
from posts.states import PostState
from publishing import broadcast_wording
from publishing.models import Delivery
from publishing.queries import MOVING, Pauses, broadcasts_for, review_queue, tasks_by_hand
from publishing.states import State
from publishing.wording import NO_PAUSES, left, told

SHOWN = 5
ADMINISTRATION = ("account.", "unit.", "platform.", "channel.")


@dataclass(frozen=True, slots=True)
class Card:
    rows: list[Any] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        return self.count - len(self.rows)

    def __bool__(self) -> bool:
        return self.count > 0


def cards(user: User, *, now: datetime, pauses: Pauses = NO_PAUSES) -> dict[str, Any]:
    """The cards this person's posts ask for; a card that is not theirs is not in it."""
    found: dict[str, Any] = {}
    if user.reach(Permission.POST_APPROVE):
        found["waiting"] = _card(_waiting(user))
    if user.reach(Permission.POST_WRITE):
        mine = Post.objects.visible_to(user).filter(Q(author=user) | Q(last_editor=user)).select_related("unit")
        found["returned"] = _card(_returned(mine))
        found["drafts"] = _card(mine.filter(state=PostState.DRAFT).order_by("-changed_at"))
    if user.reach(Permission.POST_VIEW):
        found["troubles"] = _troubles(user, now=now, pauses=pauses)
        if user.reach(Permission.POST_SCHEDULE):
            found["by_hand"] = _card(tasks_by_hand(user).postable(now))
            for row in found["by_hand"].rows:
                row.left = left(row.hand_until, now)
            found["broadcasts"] = _card(broadcasts_for(user))
            for row in found["broadcasts"].rows:
                row.told = broadcast_wording.told(row)
        found["outgoing"] = _outgoing(user, pauses)
    if user.reach(Permission.CHANNEL_VIEW):
        found["channels"] = _ailing(user, now=now)
    if user.reach(Permission.CHANNEL_MANAGE):
        found["foreign"] = _foreign(user)
    if reach := user.reach(Permission.OVERSIGHT_VIEW):
        watched = Delivery.objects.within(reach)
        found["figures"] = _figures(watched, now=now)
        found["units"] = _units(watched, now=now)
    if user.reach(Permission.ACCOUNT_MANAGE):
        found["invitations"] = _card(_invitations(user, now=now))
        found["acts"] = _acts(user)
    return found


def _card(rows: QuerySet) -> Card:
    """One more than is shown is read; only if it is there, all are counted."""
    some = list(rows[: SHOWN + 1])
    return Card(some[:SHOWN], rows.count() if len(some) > SHOWN else len(some))


def _waiting(user: User) -> QuerySet[Post]:
    """Four eyes: what they wrote themselves waits for somebody else."""
    own = Q(current_revision__author=user) | Q(current_revision__editor=user)
    return review_queue(user, newest_first=True).exclude(own)


def _returned(mine: QuerySet[Post]) -> QuerySet[Post]:
    reason = Review.objects.filter(revision=OuterRef("current_revision"), decision="returned").order_by("-decided_at")
    returned = mine.filter(state=PostState.CHANGES_REQUESTED).order_by("-changed_at")
    return returned.annotate(returned_because=Subquery(reason.values("reason")[:1]))


def _troubles(user: User, *, now: datetime, pauses: Pauses) -> Card:
    trouble = in_trouble(Delivery.objects.visible_to(user), now=now).select_related("channel", "unit", "post")
    card = _card(trouble.order_by("-due_at"))
    for delivery in card.rows:
        delivery.told = told(delivery, pauses)
    return card


def _outgoing(user: User, pauses: Pauses) -> Card:
    """Posts that still go out today, each with its channels, in the order of their times."""
    today = Period.last_days(1)
    going = Delivery.objects.visible_to(user).filter(
        state__in=(MOVING | {State.SCHEDULED}) - {State.RECALLING}, due_at__gte=today.start, due_at__lt=today.end
    )
    most = SHOWN * 6
    some = list(going.select_related("channel", "unit", "post").order_by("due_at", "post_id", "pk")[:most])
    slots = [
        {
            "due_at": due_at,
            "post": channels[0].post,
            "unit": channels[0].unit,
            "deliveries": channels,
            "paused": any(pauses.over(delivery) for delivery in channels),
        }
        for (due_at, _post), group in groupby(some, key=lambda d: (d.due_at, d.post_id))
        if (channels := list(group))
    ]
    all_read = len(some) < most
    count = len(slots) if all_read else going.order_by().values("post_id", "due_at").distinct().count()
    return Card(slots[:SHOWN], count)


def _ailing(user: User, *, now: datetime) -> Card:
    """Channels that do not carry posts, or will not for long."""
    seen = forecast.at_risk(Channel.objects.visible_to(user), now=now, days=DYING.days)
    ailing = seen.exclude(risk=Risk.RIGHTS).select_related("unit").defer("sealed")
    card = _card(ailing.order_by("weight", "expires_at", "pk"))
    for channel in card.rows:
        channel.label = Risk(channel.risk).label
        channel.tone, channel.symbol = RISK_LOOKS[Risk(channel.risk)]
    return card


def _foreign(user: User) -> Card:
    """Posts on the pages that the portal did not make, and of which nobody has said whose they are."""
    theirs = Channel.objects.within(user.reach(Permission.CHANNEL_MANAGE))
    posts = ForeignPost.objects.open().filter(channel__in=theirs).select_related("channel__unit")
    card = _card(posts.order_by("-published_at", "-pk"))
    for post in card.rows:
        post.tone, post.symbol = VERDICT_LOOKS[Verdict.OPEN]
    return card


def _figures(watched: QuerySet[Delivery], *, now: datetime) -> dict[str, Any]:
    today = Period.last_days(1)
    of_today = watched.filter(due_at__gte=today.start, due_at__lt=today.end).order_by()
    figures = of_today.aggregate(
        **delivery_figures(today, now=now),
        waiting=Count("pk", filter=Q(state=State.SCHEDULED)),
        units=Count("unit", distinct=True, filter=Q(published_at__isnull=False)),
    )
    return {**figures, "on_time_share": figures["on_time"] / figures["due"] if figures["due"] else None}


def _units(watched: QuerySet[Delivery], *, now: datetime) -> Card:
    ailing = in_trouble(watched, now=now).order_by()
    return _card(ailing.values("unit__key", "unit__name").annotate(n=Count("pk")).order_by(F("n").desc(), "unit__name"))


def _invitations(user: User, *, now: datetime) -> QuerySet[Invitation]:
    open_ones = Invitation.objects.filter(
        user__in=User.objects.visible_to(user).values("pk"),
        user__is_active=True,
        used_at__isnull=True,
        withdrawn_at__isnull=True,
    )
    return open_ones.select_related("user").order_by("expires_at")


def _acts(user: User) -> list[Entry]:
    """What people lately did to accounts, units and channels; what the portal did by itself is left out."""
    administrative = Q()
    for prefix in ADMINISTRATION:
        administrative |= Q(action__startswith=prefix)
    return list(Entry.objects.visible_to(user).filter(administrative, actor_id__isnull=False)[:SHOWN])
