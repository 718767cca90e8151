"""The page of the composer: all that it shows of a post and of its form."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.queries import find_needs_of_topic
from channels import presenters
from channels.queries import facts_of
from channels.states import platform_rank
from core.clock import format_local_time
from core.text import parse_whole_number
from media import storing, uploads
from media.models import Media, VideoEdit
from media.scanners.queries import state_of
from platforms.limits import extract_visible_text, get_text_limit
from posts.canonical import content, corrections
from posts.canonical.destinations import describe_destinations
from posts.checks.base import Severity
from posts.editor import choices, drafts, leaks, unit_cards, unsent
from posts.editor.fields import captions_name
from posts.editor.forms import ComposeForm, pictures_of, targets_of
from posts.findings import find_findings, find_hints
from posts.kits.adopting import has_newer_version
from posts.kits.queries import changes_of_kit
from posts.leak_rules.queries import has_entered
from posts.models import UPLOAD_PURPOSE, Post, PostChannel
from posts.origins.shown import origin_of
from posts.queries import free_times, free_times_after, last_request_for_changes, taken_times
from posts.scanned import cards_of
from posts.states import PostState
from posts.suggested_times import suggested_times


def page_context(
    request: HttpRequest, post: Post, form: ComposeForm, **more: Any
) -> dict[str, Any]:
    """Return all that the page of the composer shows; ``more`` is what one request adds."""
    parts, user = form.channel_parts(), cast("User", request.user)
    with_settings = [part.channel for part in parts if part.options]
    return {
        "post": post,
        "query": drafts.address_query(request, post),
        "form": form,
        "kit": form.kit_part(),
        "parts": parts,
        "asked": {channel.pk for channel in with_settings if choices.asks_platform(channel)},
        "chosen": {str(value) for value in form["channels"].value() or ()},
        "pictures": form.pictures,
        "corrected": corrections.published_trace(post.corrects) if post.corrects else None,
        "origin": None if post._state.adding or post.adoption else origin_of(post, user),
        "returned": last_request_for_changes(post)
        if post.state == PostState.CHANGES_REQUESTED
        else None,
        "newer_kit": has_newer_version(post),
        "kit_changes": changes_of_kit(post.adoption.kit, post.adoption) if post.adoption else [],
        "unit_cards": unit_cards.card_offers(post),
        "proof": unsent.form_token(user, post),
        "page": uuid.uuid4(),
        "accept": storing.ACCEPT,
        "unfinished": 0
        if post._state.adding
        else uploads.count_unfinished(
            unit=post.unit, by=user, purpose=UPLOAD_PURPOSE, purpose_id=post.public_id
        ),
        "times": times_to_choose(form, timezone.now()),
        "asks_public_numbers": post._state.adding and not has_entered(post.unit),
        **saved_context(post, form),
        **more,
    }


def times_to_choose(form: ComposeForm, now: datetime) -> dict[str, list[tuple[str, str]]]:
    """Return the times that are offered at one tap, each with its value for the fields: those at
    which residents read, and the unit's free slots.
    """
    suggested = suggested_times(now)
    taken = {at for at, _words in suggested}
    free = [time.at for time in free_times(form.usable, now=now) if time.at not in taken]
    return {
        "suggested": [(label, _field_value(at)) for at, label in suggested],
        "free": [(format_local_time(at), _field_value(at)) for at in free],
    }


def _field_value(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"


def saved_context(post: Post, form: ComposeForm) -> dict[str, Any]:
    """Return the stored working copy as composed, its findings, the field beside which each is
    shown, and how far the scanners are with the form's pictures. Nothing is found in a post that
    has no row yet.
    """
    # A form that nobody has sent shows what it has just read.
    targets = targets_of(post) if form.is_bound else form.stored_targets
    pictures = pictures_of(post) if form.is_bound else form.stored_pictures
    media = [picture.media for picture in pictures]
    in_form = [picture.media for picture in form.pictures]
    scans = state_of({*media, *in_form})
    cards = cards_of(in_form, scans)
    destinations = describe_destinations(targets, pictures)
    destinations["clash"] = find_clash(post, targets, now=timezone.now())
    if post._state.adding:
        return {"targets": {}, "scans": cards, **destinations, **_NO_FINDINGS}
    composed = content.compose(post, targets=targets, pictures=pictures)
    for target in composed["channels"]:
        target |= _preview_facts(composed, target)
    return {
        "targets": {target["channel"]: target for target in composed["channels"]},
        "scans": cards,
        **destinations,
        # What a script does not change where a person has switched meanwhile.
        "switches": {
            str(t.channel.public_id): t.is_on for t in targets if not t.switched_by_person
        },
        **findings_by_field(post, composed, targets=targets, media=media, scans=scans),
    }


class Clash(NamedTuple):
    """Another post that goes out in the minute that is wanted: ``words`` say which and where;
    ``times`` are free ones, and the ``wanted`` one itself, each with its value for the fields.
    """

    words: str
    times: list[tuple[str, str]]
    wanted: str


def find_clash(post: Post, targets: Sequence[PostChannel], *, now: datetime) -> Clash | None:
    """Find what else goes out in the minute for which the post is wanted, on its channels."""
    at = post.requested_time
    if at is None or at <= now:
        return None
    channels = [target.channel for target in targets if target.is_on]
    taken = [
        time
        for time in taken_times({(channel.pk, at.replace(second=0)) for channel in channels})
        if time.post.pk != post.pk
    ]
    if not taken:
        return None
    names = dict.fromkeys(
        content.channel_name({"platform": time.channel.platform, "name": time.channel.name})
        for time in sorted(taken, key=lambda time: platform_rank(time.channel.platform))
    )
    message = _(
        "Another post, “%(title)s”, goes out on %(page)s in the same minute (%(when)s)."
    ) % {
        "title": taken[0].post,
        "page": ", ".join(names),
        "when": format_local_time(at),
    }
    free = free_times_after(post, channels, at, now=now)
    times = [(format_local_time(time), _field_value(time)) for time in free]
    wanted = _field_value(at)
    keep = _("Keep %(time)s") % {"time": f"{timezone.localtime(at):%H:%M}"}
    return Clash(message, [*times, (keep, wanted)], wanted)


_NO_FINDINGS: dict[str, Any] = {
    **dict.fromkeys(("missing", "to_acknowledge", "to_override", "warnings", "hints"), ()),
    "said": {},
    "required": frozenset(),
}


def _preview_facts(composed: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    """Return the format of the post on one channel, its length beside what is allowed, and how
    many pictures and videos it has there.
    """
    form = facts_of(target["platform"]).format(target.get("format", ""))
    media = content.media_for(composed, target)
    videos = sum("video" in medium for medium in media)
    unit = presenters.counting_unit(form)
    return {
        "shown_as": _preview_hash(composed, target),
        "count": form.count(extract_visible_text(form, target["text"], target["html"])),
        "limit": get_text_limit(form, media=len(media)),
        "counted_in": unit,
        "counted": presenters.COUNTED[unit],
        "kind": form.name,
        "kind_name": presenters.format_name(form.name),
        "shown": presenters.describe_media_counts(len(media) - videos, videos),
    }


def findings_by_field(
    post: Post, composed: Mapping[str, Any], *, targets: Sequence[PostChannel], **about: Any
) -> dict[str, Any]:
    """Return what is found in a working copy, stored or not, and beside which field each finding is
    shown. ``about``: what `find_findings` takes besides.
    """
    required = find_needs_of_topic(post.topic_id, post.unit, on=timezone.localdate())
    findings = find_findings(post, composed, targets=targets, asked=required, **about)
    by_field: dict[str, list[leaks.Shown]] = {}
    by_severity: dict[Severity, list[leaks.Shown]] = {severity: [] for severity in Severity}
    for finding in leaks.attach_words(post, composed, findings, targets):
        by_field.setdefault(finding.where, []).append(finding)
        by_severity[finding.severity].append(finding)
    return {
        "missing": by_severity[Severity.BLOCK],
        "to_acknowledge": by_severity[Severity.ACKNOWLEDGE],
        "to_override": by_severity[Severity.REASON],
        "warnings": by_severity[Severity.WARN],
        "hints": find_hints(post, composed),
        "said": by_field,
        "required": required,
    }


def _preview_hash(composed: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """Return a mark of what residents see on one channel: it changes when the preview does."""
    names = ("title", "body", "link", "media", "ai_made", "unit")
    preview = {name: composed.get(name) for name in names}
    return content.digest(preview | {"channels": [dict(target)]})[:16]


def with_new_videos(data: QueryDict, post: Post) -> tuple[QueryDict, dict[str, Media]]:
    """Take over the videos that workers made while the page was open, where nothing else of the
    draft has changed: return what the page sent as if it showed them, and them by the old ones'
    public ids.
    """
    seen = parse_whole_number(data.get("version", ""))
    if seen is None or seen >= post.version:
        return data, {}
    edits = VideoEdit.objects.filter(
        purpose_id=post.public_id, purpose_version__gt=seen, purpose_version__lte=post.version
    )
    made = list(edits.select_related("media", "result").order_by("purpose_version"))
    if len(made) != post.version - seen:
        return data, {}
    captions = dict(post.pictures.values_list("media", "captions"))
    new, replaced = data.copy(), {}
    for edit in made:
        old, result = str(edit.media.public_id), edit.result
        names = new.getlist("picture")
        if result is None or old not in names:  # taken out on the page meanwhile
            continue
        names[names.index(old)] = str(result.public_id)
        new.setlist("picture", names)
        new[f"alt-{result.public_id}"] = new.get(f"alt-{old}", "")
        new[captions_name(result)] = captions.get(result.pk, "")  # they fit the new one
        replaced[old] = result
    new["version"] = str(post.version)
    return new, replaced
