"""Findings of the checks on a post, for the composer and the review."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from campaigns.queries import topic_asks
from channels.states import Kind
from media.models import Media
from posts.canonical import content, material
from posts.canonical.html import plain
from posts.checks import registry
from posts.checks.base import Draft, Finding, LeakRules
from posts.checks.hints import SCAMS
from posts.leak_rules.queries import rules_of
from posts.library import reach
from posts.models import Post, PostChannel
from units.queries import facts_of


def findings(
    post: Post,
    composed: Mapping[str, Any] | None = None,
    *,
    targets: Sequence[PostChannel] | None = None,
    asked: Collection[str] | None = None,
    leak_rules: LeakRules | None = None,
) -> list[Finding]:
    """Find what blocks the submission of the working copy, and what is only worth knowing, in
    words.

    ``composed`` is the result of ``content.compose``, ``targets`` are the post's rows of all
    channels, ``asked`` is the result of ``topic_asks``, ``leak_rules`` that of ``rules_of``; each
    where the caller has it already.
    """
    composed = content.compose(post) if composed is None else composed
    if asked is None:
        asked = topic_asks(post.topic_id, post.unit, on=timezone.localdate())
    if leak_rules is None:
        leak_rules = rules_of(post.unit, on=timezone.localdate())
    unfit = () if composed["channels"] else _unfit(post, composed, targets)
    draft = replace(_draft(post, composed), asked=asked, unfit=unfit, leak_rules=leak_rules)
    expired, blurred = _not_to_be_shown(composed)
    return registry.check(replace(draft, expired=expired, blurred=blurred))


def _not_to_be_shown(composed: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the media of the post, by public id, that the library lets no post show any more, and
    those that something was blurred out of.
    """
    shown = [medium["media"] for medium in composed["media"]]
    if not shown:
        return frozenset(), frozenset()
    today = timezone.localdate()
    rows = Media.objects.filter(public_id__in=shown).only("public_id", "expires_on", "blurred_at")
    expired = frozenset(str(row.public_id) for row in rows if row.is_expired(today))
    return expired, frozenset(str(row.public_id) for row in rows if row.blurred_at)


def hints(post: Post, composed: Mapping[str, Any]) -> list[Finding]:
    """Find what its author may improve in the working copy; nobody is kept from anything by it."""
    draft = _draft(post, composed)
    if composed["topic"] == SCAMS and (phone := facts_of(post.unit).duty_phone):
        draft = replace(draft, phones=(phone,))
    if post.requested_time:
        draft = replace(draft, best_hours=reach.best_hours(post.unit))
    return registry.advise(draft)


def _draft(post: Post, composed: Mapping[str, Any]) -> Draft:
    return Draft(
        content=composed,
        text=plain(post.body),
        now=timezone.now(),
        requested_time=post.requested_time,
        valid_until=post.valid_until,
        title_from_text=post.title_from_text,
    )


def _unfit(
    post: Post, composed: Mapping[str, Any], targets: Sequence[PostChannel] | None
) -> list[str]:
    """Say of each channel that is off by itself why it is."""
    if targets is None:
        targets = list(post.targets.select_related("channel"))
    reasons = material.reasons(targets, [content.medium_of(each) for each in composed["media"]])
    names = {str(t.channel.public_id): str(Kind(t.channel.platform).label) for t in targets}
    return list(dict.fromkeys(f"{names[key]}: {words}" for key, words in reasons.items()))
