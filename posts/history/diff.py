"""The changes between two forms of a post, for people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from campaigns.models import Topic
from channels import presenters
from channels.queries import facts_of
from core.differences import Effort, Piece, compare_words, keep_near_changes
from core.templatetags.ui import local_time
from posts.canonical import content
from posts.canonical.html import to_plain_text
from posts.canonical.legal_basis import legal_basis_text


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the post; ``pieces`` for texts, ``media`` where it is a picture or a video."""

    label: str
    pieces: list[Piece]
    kind: str = ""  # ins or del: the whole part came or went
    media: Mapping[str, Any] | None = None


def list_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """List all that differs between two contents of ``content.compose``; empty
    when nothing does.
    """
    effort = Effort()
    topics = {topic.code: str(topic) for topic in Topic.objects.all()}
    changes = []

    def compare(label: str, before: str, after: str) -> None:
        if before != after:
            changes.append(Change(label, compare_words(before, after, effort)))

    compare(_("Title"), old["title"], new["title"])
    compare(_("Text"), to_plain_text(old["body"]), to_plain_text(new["body"]))
    if old["body"] != new["body"] and to_plain_text(old["body"]) == to_plain_text(new["body"]):
        changes.append(Change(_("Text"), [Piece("same", _("Only the formatting changed."))]))
    compare(_("Link"), old["link"], new["link"])
    compare(_("Topic"), topics.get(old["topic"], ""), topics.get(new["topic"], ""))
    compare(
        _("Valid until"), _format_moment(old["valid_until"]), _format_moment(new["valid_until"])
    )
    compare(_("Legal basis"), *(legal_basis_text(which.get("legal", {})) for which in (old, new)))
    compare(_("Source of the warning"), old.get("source", ""), new.get("source", ""))
    compare(_("Urgency"), *(_("urgent") if which.get("urgent") else "" for which in (old, new)))
    compare(
        _("AI"),
        *(_("made or changed by AI") if which.get("ai_made") else "" for which in (old, new)),
    )
    return [*changes, *_channel_changes(old, new, effort), *_media_changes(old, new, effort)]


def near_changes(changes: list[Change]) -> list[Change]:
    """Leave of long unchanged words only those beside a change, for a page to be read at once."""
    return [replace(change, pieces=keep_near_changes(change.pieces)) for change in changes]


def _format_moment(value: str) -> str:
    moment: datetime | None = parse_datetime(value) if value else None
    return local_time(moment)


def _channel_changes(
    old: Mapping[str, Any], new: Mapping[str, Any], effort: Effort
) -> list[Change]:
    before = {t["channel"]: t for t in old["channels"]}
    after = {t["channel"]: t for t in new["channels"]}
    changes = []
    for key, target in (before | after).items():
        label = content.channel_name(target)
        if key not in after:
            changes.append(Change(label, [Piece("del", _("No longer for this channel"))], "del"))
        elif key not in before:
            changes.append(Change(label, [Piece("ins", _("Now for this channel too"))], "ins"))
        else:
            if _own_text_of(before[key]) != _own_text_of(after[key]):
                # A text that follows the common one has changed with it and is shown there.
                changes.append(
                    Change(label, compare_words(before[key]["text"], after[key]["text"], effort))
                )
            changes += _option_changes(label, before[key], after[key])
    return changes


def _option_changes(
    label: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Change]:
    """Describe how the format and the options of one channel changed."""
    changes = []
    was, now = _format(before), _format(after)
    if was != now:
        changes.append(
            Change(_("%(channel)s: format") % {"channel": label}, compare_words(was, now))
        )
    old, new = (dict(presenters.describe_options(_options(target))) for target in (before, after))
    for option in old | new:
        if old.get(option) != new.get(option):
            name = _("%(channel)s: %(option)s") % {"channel": label, "option": option}
            changes.append(Change(name, compare_words(old.get(option, ""), new.get(option, ""))))
    return changes


def _options(target: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a channel's options; those from before options were stored have the platform's
    defaults.
    """
    forms = {form.name: form for form in facts_of(target["platform"]).formats}
    form = forms.get(target.get("format") or next(iter(forms)))
    written: Mapping[str, Any] = target.get("options", {})
    return content.complete_options(form, written) if form else written


def _format(target: Mapping[str, Any]) -> str:
    """Return a channel's format by name; one that is not stored is the platform's first."""
    return presenters.format_name(
        target.get("format") or facts_of(target["platform"]).formats[0].name
    )


def _own_text_of(target: Mapping[str, Any]) -> str | None:
    return target["text"] if target["own_text"] else None


def _media_changes(old: Mapping[str, Any], new: Mapping[str, Any], effort: Effort) -> list[Change]:
    before = {m["sha256"]: m for m in old["media"]}
    after = {m["sha256"]: m for m in new["media"]}
    changes = [
        Change(
            _("Video removed") if "video" in m else _("Picture removed"),
            [Piece("del", _describe_medium(m))],
            "del",
            m,
        )
        for s, m in before.items()
        if s not in after
    ]
    for sha256, media in after.items():
        is_video = "video" in media
        if sha256 not in before:
            label = _("Video added") if is_video else _("Picture added")
            changes.append(Change(label, [Piece("ins", _describe_medium(media))], "ins", media))
            continue
        if media["alt"] != before[sha256]["alt"]:
            label = _("Description of a video") if is_video else _("Description of a picture")
            changes.append(
                Change(label, compare_words(before[sha256]["alt"], media["alt"], effort), "", media)
            )
        was, now = before[sha256].get("captions", ""), media.get("captions", "")
        if was != now:
            changes.append(
                Change(_("Captions of a video"), compare_words(was, now, effort), "", media)
            )
    if [s for s in before if s in after] != [s for s in after if s in before]:
        changes.append(Change(_("Pictures"), [Piece("same", _("Their order changed."))]))
    return changes


def _describe_medium(media: Mapping[str, Any]) -> str:
    """Describe an added or removed picture or video so that it can be told from others."""
    if "video" not in media:
        return str(media["alt"])
    lasts = _("video, %(seconds)s") % {"seconds": presenters.format_duration(media["seconds"])}
    return " ".join(filter(None, [media["alt"], f"({lasts})"]))
