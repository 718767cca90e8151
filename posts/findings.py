"""Findings of the checks on a post, for the composer and the review."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count
from django.utils import timezone

from campaigns.queries import find_needs_of_topic
from channels.states import Kind
from media.models import Media
from media.scanners.models import Box, Scan
from media.scanners.queries import open_boxes, state_of
from posts.canonical import content, material
from posts.canonical.html import to_plain_text
from posts.canonical.kits import content_holds_core
from posts.checks import kits, registry
from posts.checks.base import Draft, Finding, KitState, LeakRules, MediaCheck, OpenBox
from posts.checks.hints import SCAMS
from posts.checks.scans import check_scans
from posts.kit_placeholders import KitPlaceholder, UnitKit
from posts.leak_rules.queries import rules_of
from posts.library import reach
from posts.models import Post, PostChannel
from units.queries import get_facts


def find_findings(
    post: Post,
    composed: Mapping[str, Any] | None = None,
    *,
    targets: Sequence[PostChannel] | None = None,
    asked: Collection[str] | None = None,
    leak_rules: LeakRules | None = None,
    media: Iterable[Media] | None = None,
    scans: Mapping[int, Scan] | None = None,
) -> list[Finding]:
    """Find what blocks the submission of the working copy, and what is only worth knowing, in
    words.

    ``composed`` is the result of ``content.compose``, ``targets`` are the post's rows of all
    channels, ``asked`` is the result of ``topic_asks``, ``leak_rules`` that of ``rules_of``,
    ``media`` are the rows of the composed media, ``scans`` what ``state_of`` returns of them; each
    where the caller has it already.
    """
    composed = content.compose(post) if composed is None else composed
    if asked is None:
        asked = find_needs_of_topic(post.topic_id, post.unit, on=timezone.localdate())
    if leak_rules is None:
        leak_rules = rules_of(post.unit, on=timezone.localdate())
    unfit = () if composed["channels"] else _reasons_without_channel(post, composed, targets)
    draft = replace(_build_draft(post, composed), asked=asked, unfit=unfit, leak_rules=leak_rules)
    rows = _rows_of(composed) if media is None else media
    media_by_id = {str(row.public_id): row for row in rows}
    today = timezone.localdate()
    expired = frozenset(key for key, row in media_by_id.items() if row.is_expired(today))
    blurred = frozenset(key for key, row in media_by_id.items() if row.blurred_at)
    checks = _media_checks(media_by_id, scans)
    draft = replace(draft, expired=expired, blurred=blurred, media_checks=checks)
    return registry.check(replace(draft, kit=kit_state(post, composed)))


def kit_state(post: Post, composed: Mapping[str, Any]) -> KitState | None:
    """Return how a content of the post stands to its kit; None for a post of its own."""
    adoption = post.adoption
    if adoption is None:
        return None
    version, unit_kit = adoption.version, UnitKit(adoption.version, post.unit)
    # The values of the content are judged, not those of the row meanwhile.
    values = composed.get("kit", {}).get("values", adoption.values)
    is_from_version = composed.get("kit", {}).get("core") == version.content_sha256
    pictures = [placeholder for placeholder in unit_kit.placeholders if placeholder.is_picture]
    if pictures:
        kits_own = set(version.media.values_list("media__sha256", flat=True))
        own = sum(medium["sha256"] not in kits_own for medium in composed["media"])
        pictures = pictures[own:]
    return KitState(
        keeps_core=is_from_version and content_holds_core(version, composed),
        is_withdrawn=adoption.kit.is_withdrawn,
        open_placeholders=_names_and_labels(unit_kit.open_placeholders(values)),
        missing_pictures=_names_and_labels(pictures),
        invalid_values=tuple(unit_kit.list_invalid_values(values)),
        days_outside_period=_names_and_labels(unit_kit.placeholders_outside_period(values)),
    )


def _names_and_labels(placeholders: Iterable[KitPlaceholder]) -> tuple[tuple[str, str], ...]:
    return tuple((placeholder.name, placeholder.label) for placeholder in placeholders)


def kit_obstacles(post: Post, composed: Mapping[str, Any]) -> list[str]:
    """Say why the kit of the post does not allow this content any more."""
    draft = Draft(composed, "", timezone.now(), kit=kit_state(post, composed))
    rules = (kits.check_kit_in_use, kits.check_core, kits.check_values)
    findings = [finding for rule in rules for finding in rule(draft)]
    return [finding.message for finding in findings]


def _rows_of(composed: Mapping[str, Any]) -> Iterable[Media]:
    """Return the media that a content shows."""
    keys = [medium["media"] for medium in composed["media"]]
    return Media.objects.filter(public_id__in=keys) if keys else ()


def _media_checks(
    media: Mapping[str, Media], scans: Mapping[int, Scan] | None = None
) -> dict[str, MediaCheck]:
    """Return what the scanners found in media, by the key of each in ``media``."""
    if scans is None:
        scans = state_of(media.values()) if media else {}
    return {key: check_of(scans.get(row.pk)) for key, row in media.items()}


def check_of(scan: Scan | None) -> MediaCheck:
    """Return a scan from `state_of` as the rules judge it."""
    if scan is None:
        return MediaCheck()
    return MediaCheck(
        state=scan.state,
        progress=scan.progress,
        needs_review=scan.needs_review,
        missing=tuple(scan.missing),
        open=tuple(OpenBox(box.kind, box.rule, box.may_be_shown) for box in open_boxes(scan)),
    )


def media_obstacles(composed: Mapping[str, Any]) -> list[str]:
    """Say what the scanners' findings in a content's media keep from going out, in words. Three
    queries.
    """
    media = {str(row.public_id): row for row in _rows_of(composed)}
    draft = Draft(composed, "", timezone.now(), media_checks=_media_checks(media))
    return [finding.message for finding in check_scans(draft)]


def count_allowed_boxes(composed: Mapping[str, Any]) -> dict[str, int]:
    """Count by rule what people let stand in the media of a content, for the record."""
    keys = [medium["media"] for medium in composed["media"]]
    if not keys:
        return {}
    rows = Box.objects.filter(scan__media__public_id__in=keys).exclude(shown_as="")
    return dict(rows.order_by().values_list("rule").annotate(n=Count("pk")))


def find_hints(post: Post, composed: Mapping[str, Any]) -> list[Finding]:
    """Find what its author may improve in the working copy; nobody is kept from anything by it."""
    draft = _build_draft(post, composed)
    if composed["topic"] == SCAMS and (phone := get_facts(post.unit).duty_phone):
        draft = replace(draft, phones=(phone,))
    if post.requested_time:
        draft = replace(draft, best_hours=reach.find_best_hours(post.unit))
    return registry.advise(draft)


def _build_draft(post: Post, composed: Mapping[str, Any]) -> Draft:
    return Draft(
        content=composed,
        text=to_plain_text(post.body),
        now=timezone.now(),
        requested_time=post.requested_time,
        valid_until=post.valid_until,
        title_from_text=post.title_from_text,
    )


def _reasons_without_channel(
    post: Post, composed: Mapping[str, Any], targets: Sequence[PostChannel] | None
) -> list[str]:
    """Say why channels are off that nobody switched off."""
    if targets is None:
        targets = list(post.targets.select_related("channel"))
    reasons = material.reasons_for_off(
        targets, [content.to_platform_medium(medium) for medium in composed["media"]]
    )
    names = {str(t.channel.public_id): str(Kind(t.channel.platform).label) for t in targets}
    return list(dict.fromkeys(f"{names[key]}: {text}" for key, text in reasons.items()))
