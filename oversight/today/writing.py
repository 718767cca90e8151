"""Cards for writers: unfinished posts, kits to adopt, reports, proposed examples."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from campaigns.kits.models import Kit
from engagement.examples.models import Example
from engagement.examples.queries import filter_waiting_for
from engagement.reports.queries import find_unsent
from oversight.today.card import SHOWN, Card, make_card
from posts.models import Post, Review
from posts.states import PostState
from publishing.recurrence.queries import first_of_each_series
from units.models import Unit

_UNFINISHED = {"drafts": PostState.DRAFT, "returned": PostState.CHANGES_REQUESTED}


def find_unfinished_posts(user: User) -> QuerySet[Post]:
    """Return the drafts that this person wrote or edited last, and those returned to them."""
    own = Q(author=user) | Q(last_editor=user)
    return Post.objects.visible_to(user).written().filter(own, state__in=_UNFINISHED.values())


def make_unfinished_cards(user: User) -> dict[str, Card]:
    """Return this person's drafts and what was returned to them, the latest first. One query."""
    reason = Review.objects.filter(
        revision=OuterRef("current_revision"), decision="returned"
    ).order_by("-decided_at")
    latest = Window(RowNumber(), partition_by="state", order_by=F("changed_at").desc())
    rows = (
        first_of_each_series(find_unfinished_posts(user))
        .defer("body", "search")
        .annotate(
            returned_because=Subquery(reason.values("reason")[:1]),
            place=latest,
            in_all=Window(Count("pk"), partition_by="state"),
        )
        .filter(place__lte=SHOWN)
        .order_by("place")
    )
    by_kind = {
        name: [row for row in rows if row.state == state] for name, state in _UNFINISHED.items()
    }
    return {name: Card(own, own[0].in_all if own else 0) for name, own in by_kind.items()}


def make_kit_card(untouched: Mapping[Unit, QuerySet[Kit]]) -> Card:
    """Return the kits, each with the unit, that a unit for which the person writes has neither
    adopted nor declined.
    """
    cards = [(unit, make_card(rows)) for unit, rows in untouched.items()]
    rows = [(kit, unit) for unit, card in cards for kit in card.rows]
    return Card(rows[:SHOWN], sum(card.count for _unit, card in cards))


def make_report_cards(user: User) -> dict[str, Card]:
    """Return the reports of the person's units to approve and to write, the earliest day first.
    What is due is drafted by night (`reports.drafts.draft_due`). One query.
    """
    earliest = Window(RowNumber(), partition_by="turn", order_by=["due_on", "pk"])
    rows: Any = (
        find_unsent(user)
        .annotate(place=earliest, in_all=Window(Count("pk"), partition_by="turn"))
        .filter(place__lte=SHOWN)
        .select_related("unit")
        .order_by("place")
    )
    names = {"reports": "approve", "reports_due": "write"}
    by_name = {name: [row for row in rows if row.turn == turn] for name, turn in names.items()}
    return {name: Card(own, own[0].in_all if own else 0) for name, own in by_name.items()}


def find_proposed_examples(user: User) -> QuerySet[Example]:
    """Return the proposed examples on which the person decides next, the longest waiting first."""
    rows = filter_waiting_for(user, Example.objects.visible_to(user))
    return rows.select_related("unit__parent").order_by("proposed_at", "pk")
