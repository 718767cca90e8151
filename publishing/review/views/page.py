"""The page on which a reviewer reads a revision: what it shows, and the times that it offers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.second_factors import passkeys
from campaigns.queries import find_needs_of_topic
from core.clock import format_local_time
from posts.checks.base import Finding
from posts.discussion.cards import discussion_of
from posts.discussion.marks import marks_of
from posts.findings import find_findings
from posts.history import diff
from posts.models import Post
from posts.queries import overridden_warnings
from posts.review import readings
from posts.review.overrides import rules_to_override
from posts.review.queries import first_approval, step_of
from posts.scanned import cards_of_content
from posts.states import Decision
from posts.suggested_times import suggested_times
from publishing.pauses.context import pauses_of
from publishing.presenters.scheduling import (
    full_day_warning,
    pause_warning,
    same_minute_warnings,
    spread_sentence,
)
from publishing.recurrence.queries import first_of_each_series
from publishing.review.cards import leak_cards, preview_cards
from publishing.review.forms import ReviewForm
from publishing.review.queries import (
    last_approved_revision,
    posts_in_review,
)
from publishing.review.views.common import is_newest_first, requested_time
from publishing.scheduling import scheduling
from publishing.scheduling.conflicts import find_same_minute, full_days
from publishing.slots.context import chips_after
from publishing.slots.presenters import TimeChip, field_value
from publishing.slots.queries import next_free_slots


def _time_choices(
    post: Post,
    coming: datetime | None,
    channels: Sequence[Any],
    now: datetime,
    beside: Iterable[TimeChip],
) -> list[dict[str, str]]:
    """List the times that a reviewer may choose in the act of approving, each as value and
    label; ``beside``: free ones soon after a wanted time that is taken.
    """
    later = {
        "value": ReviewForm.APPROVE,
        "label": _("Choose the time later"),
        "short": _("choose the time later"),
    }
    if post.endorsed_revision_id:
        label = _("The unit chooses the time")
        if coming:
            label = _("Wanted time: %(when)s") % {"when": format_local_time(coming)}
        return [{"value": ReviewForm.APPROVE, "label": label}]
    if not channels:
        return [later]
    choices = []
    if coming:
        label = _("Wanted time: %(when)s") % {"when": format_local_time(coming)}
        choices.append(
            {"value": ReviewForm.SCHEDULE, "label": label, "short": format_local_time(coming)}
        )
    choices += [
        {"value": chip.value, "label": _("Free: %(when)s") % {"when": chip.label}}
        for chip in beside
    ]
    choices += [later, {"value": ReviewForm.NOW, "label": _("Now")}]
    known = {choice["value"] for choice in choices}
    offered = dict(suggested_times(now))
    for slot in next_free_slots(channels, now=now):
        label = _("Free slot: %(when)s") % {"when": format_local_time(slot.at)}
        offered.setdefault(slot.at, label)
    for at, label in offered.items():
        value = field_value(at)
        if at != coming and value not in known and (not post.ends_at or at < post.ends_at):
            choices.append({"value": value, "label": label})
    return [*choices, {"value": ReviewForm.OTHER, "label": _("Another time")}]


class Checked(NamedTuple):
    """The findings in the revision that waits, and what follows of them for its approval."""

    found: list[Finding]
    asks_reason: bool  # to approve it, a reason has to be written
    step: Decision  # what an approval now would be


def check_waiting(post: Post) -> Checked:
    """Check the revision that waits for a decision."""
    asked = find_needs_of_topic(post.topic_id, post.unit, on=timezone.localdate())
    findings = find_findings(post, post.current_revision.content, asked=asked)
    asks_reason = bool(rules_to_override(findings, first_approval(post)))
    return Checked(findings, asks_reason, step_of(post, asked=asked))


def review_context(
    request: HttpRequest, post: Post, form: ReviewForm, checked: Checked
) -> dict[str, Any]:
    """Return all that the page shows of the post, with ``is_edited_by_reader``, and its revision
    that waits.
    """
    revision, findings = post.current_revision, checked.found
    before = last_approved_revision(post)
    now = timezone.now()
    channels = scheduling.channels_of(revision)
    coming = requested_time(post)
    if coming:
        coming = scheduling.spread_time(post, coming)
    times = dict.fromkeys(channels, coming) if coming else {}
    others = find_same_minute(post, revision, times)
    chips = chips_after(post, channels, coming, now=now) if coming and others else []
    choices = _time_choices(post, coming, channels, now, chips)
    chosen = form.data.get("decision") if form.is_bound else ""
    known = {choice["value"] for choice in choices}
    discussion = discussion_of(post, reader=request.user, at="review")
    return {
        "post": post,
        "revision": revision,
        "form": form,
        "mark": readings.open_revision(revision, by=request.user),
        "passkey": passkeys.has_passkey(request.user),
        "choices": choices,
        "chosen": chosen if chosen in known else choices[0]["value"],
        "is_own": revision.is_by(request.user) or post.is_edited_by_reader,
        "findings": findings,
        "leaks": leak_cards(findings, revision.content, title=post.own_title),
        "scans": [card for card in cards_of_content(revision.content) if card.has_news],
        "asks_reason": form.asks_reason,
        "warned": overridden_warnings(post).author,
        "cards": preview_cards(revision.content),
        "discussion": discussion,
        "marks": marks_of(card.thread for card in discussion.cards),
        "last_approved": before,
        "changes": diff.near_changes(diff.list_changes(before.content, revision.content))
        if before
        else [],
        "coming": coming,
        "beside": [
            *same_minute_warnings(others),
            *(full_day_warning(full) for full in full_days(post, times)),
        ],
        "chips": chips,
        "spread": spread_sentence(post, post.requested_time, [coming]) if coming else "",
        "warning": pause_warning(post, dict.fromkeys(channels, coming or now), pauses_of(request)),
        "missed": bool(post.requested_time and post.requested_time <= now),
        "channels": len(channels),
        "waiting": first_of_each_series(posts_in_review(request.user)).count(),
        "newest_first": is_newest_first(request),
        "first": first_approval(post),
        "asks_second": checked.step == Decision.FIRST,
    }
