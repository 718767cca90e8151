"""All cards of Today, as far as a person's positions need them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.db.models import Exists, QuerySet
from django.utils import timezone

from accounts.context import granted_permissions
from accounts.models import User
from accounts.permissions import Permission
from campaigns.kits.queries import find_versions_to_decide
from channels.completeness.queries import changes_to_decide
from channels.monitoring.presenters import VERDICT_LOOKS
from channels.states import Verdict
from engagement.examples.models import Example
from engagement.examples.queries import filter_waiting_for
from engagement.reports.queries import find_unsent
from oversight.matters.queries import find_turns
from oversight.today import administration, publishing, writing
from oversight.today.card import Card, make_card
from oversight.today.first_steps import find_traces, list_steps
from posts.context import units_to_write_in
from posts.kits.queries import undecided_kits
from posts.models import Post
from publishing.broadcasts.broadcasting import broadcasts_awaiting
from publishing.broadcasts.presenters import broadcast_status
from publishing.models import Delivery, Freeze, Pauses
from publishing.post_list.queries import unscheduled_posts
from publishing.presenters.delivery import NO_PAUSES
from publishing.recurrence.queries import first_of_each_series
from publishing.review.queries import posts_awaiting_second, posts_to_review
from publishing.states import State
from units.models import Level


def make_cards(user: User, *, now: datetime, pauses: Pauses = NO_PAUSES) -> dict[str, Any]:
    """Return the cards for this person's positions, and no others."""
    rows, checks = _find_rows_of_cards(user, now=now), _find_quick_checks(user)
    units = units_to_write_in(user)
    of_kits = {f"kits_{unit.pk}": undecided_kits(unit) for unit in units}
    communes = [unit for unit in units if unit.level == Level.COMMUNE]
    traces = {
        f"{name}_{unit.pk}": found
        for unit in communes
        for name, found in find_traces(unit, today=timezone.localdate(now)).items()
    }
    filled = _find_filled(user, {**rows, **checks, **of_kits, **traces})
    cards: dict[str, Any] = {
        name: make_card(queryset) if name in filled else Card() for name, queryset in rows.items()
    }
    may = granted_permissions(user)
    steps = (list_steps(unit, filled, may) for unit in communes)
    cards["first_steps"] = [of_unit for of_unit in steps if of_unit.done < len(of_unit.steps)]
    for name in _COSTLY_ROWS.keys() & checks.keys():
        cards[name] = make_card(_COSTLY_ROWS[name](user)) if name in filled else Card()
    if user.reach(Permission.POST_APPROVE):
        cards["waiting"] = make_card(first_of_each_series(posts_to_review(user)))
    if user.reach(Permission.POST_WRITE):
        cards |= {"drafts": Card(), "returned": Card()}
        if "unfinished" in filled:
            cards |= writing.make_unfinished_cards(user)
        cards["kits"] = writing.make_kit_card(
            {unit: of_kits[f"kits_{unit.pk}"] for unit in units if f"kits_{unit.pk}" in filled}
        )
    if "unsent_reports" in filled:
        cards |= writing.make_report_cards(user)
    cards |= _make_publishing_cards(user, filled, pauses, now=now)
    for broadcast in cards.get("broadcasts", Card()).rows:
        broadcast.status = broadcast_status(broadcast)
    for post in cards.get("unrecognised", Card()).rows:
        post.tone, post.symbol = VERDICT_LOOKS[Verdict.OPEN]
    if "without_approver" in filled:
        cards["without_approver"] = administration.make_without_approver_cards(user)
    if user.reach(Permission.ACCOUNT_MANAGE):
        cards["acts"] = administration.find_latest_acts(user)
    return cards


def _make_publishing_cards(
    user: User, filled: set[str], pauses: Pauses, *, now: datetime
) -> dict[str, Any]:
    """Return what goes out and what is in trouble, and the channels and sums of the units below."""
    publishing_cards: dict[str, Any] = {}
    trouble = cache(partial(publishing.find_trouble, now=now))
    if reach := user.reach(Permission.POST_VIEW):
        publishing_cards["troubles"] = publishing.make_trouble_card(trouble(tuple(reach)), pauses)
        publishing_cards["outgoing"] = publishing.make_outgoing_card(user, pauses)
        if user.reach(Permission.POST_SCHEDULE):
            publishing_cards["unscheduled"] = make_card(unscheduled_posts(user, now=now))
        if "by_hand" in filled:
            publishing_cards["manual_tasks"] = publishing.make_manual_task_card(user, now=now)
    if user.reach(Permission.CHANNEL_VIEW):
        publishing_cards["channels"] = publishing.make_failing_channel_card(user, now=now)
    if reach := user.reach(Permission.OVERSIGHT_VIEW):
        publishing_cards["figures"] = publishing.sum_today(reach, now=now)
        publishing_cards["is_nation"] = publishing.find_nation(reach) is not None
        publishing_cards["units"] = Card(**trouble(tuple(reach))["units"])
    return publishing_cards


def _find_rows_of_cards(user: User, *, now: datetime) -> dict[str, QuerySet[Any]]:
    """Return the rows of the cards that most people have nothing on, on most days."""
    rows: dict[str, QuerySet[Any]] = {"kit_turns": find_versions_to_decide(user)}
    if user.reach(Permission.POST_APPROVE):
        rows["page_changes"] = changes_to_decide(user)
    if user.reach(Permission.POST_WRITE) or user.reach(Permission.OVERSIGHT_VIEW):
        rows["matters"] = find_turns(user)
    if user.reach(Permission.POST_VIEW) and user.reach(Permission.POST_SCHEDULE):
        rows["broadcasts"] = broadcasts_awaiting(user)
    if user.reach(Permission.POST_VIEW):
        rows["freeze"] = Freeze.objects.exclude(frozen_at=None)
    if user.reach(Permission.CHANNEL_MANAGE):
        rows["unrecognised"] = publishing.find_unrecognised_posts(user)
    if user.reach(Permission.ACCOUNT_MANAGE):
        rows["proposals"] = administration.find_proposals(user, now=now)
        rows["resets"] = administration.find_resets(user, now=now)
        rows["invitations"] = administration.find_invitations(user)
    return rows


def _find_quick_checks(user: User) -> dict[str, QuerySet[Any]]:
    """Return rows that tell by a short question that an expensive card would show nothing."""
    checks: dict[str, QuerySet[Any]] = {
        "unsent_reports": find_unsent(user),
        "examples": filter_waiting_for(user, Example.objects.all()),
    }
    if reach := user.reach(Permission.POST_APPROVE_SECOND):
        checks["second"] = Post.objects.within(reach).filter(endorsed_revision__isnull=False)
    if user.reach(Permission.POST_WRITE):
        checks["unfinished"] = writing.find_unfinished_posts(user)
    if user.reach(Permission.POST_SCHEDULE):
        checks["by_hand"] = Delivery.objects.visible_to(user).filter(state=State.MANUAL)
    if user.reach(Permission.ACCOUNT_MANAGE):
        checks["without_approver"] = administration.find_posts_without_approver(user)
    return checks


# To plan or to write these takes milliseconds: `_find_quick_checks` knows whether there are any.
_COSTLY_ROWS: dict[str, Callable[[User], QuerySet[Any]]] = {
    "examples": writing.find_proposed_examples,
    "second": posts_awaiting_second,
}


def _find_filled(user: User, rows: Mapping[str, QuerySet[Any]]) -> set[str]:
    """Return the names of those that have a row. One statement: asked for with all their columns,
    each would be a statement of its own, nine of them for a leader.
    """
    asked = {f"has_{name}": Exists(queryset.order_by()) for name, queryset in rows.items()}
    answer = User.objects.filter(pk=user.pk).values(**asked).get()
    return {name for name in rows if answer[f"has_{name}"]}
