"""Bringing an earlier version back as the working copy."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.models import Topic
from channels.models import Channel
from channels.queries import channels_for, facts_of
from core.errors import Refused
from media.models import Media
from platforms.facts import Format
from platforms.limits import choose_format
from posts.canonical import content, corrections
from posts.canonical.html import to_plain_text
from posts.canonical.titles import title_from
from posts.editor import saving
from posts.editor.edits import ChannelEdit, MediaEdit, PostEdit, PostFields
from posts.models import Post, Revision
from posts.review.revisions import store_version
from posts.states import EDITABLE


@transaction.atomic
def restore(post: Post, revision: Revision, *, by: User) -> Post:
    """Make the working copy equal to an earlier version of the post, as an edit made by ``by``.

    What stood there before becomes a version of its own, unless one holds it already: nothing
    written is lost. Channels that are no longer connected stay out, and pictures that something was
    blurred out of. Raise Refused.
    """
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    row = Post.objects.select_for_update(of=("self",)).select_related("unit")
    post = row.get(pk=post.pk)
    if post.state not in EDITABLE:
        raise Refused(_("This post is not open for editing now."))
    _store_working_copy(post)
    saved = saving.save(post, _edit_of(revision, post), by=by, version=post.version)
    facts = {"version": revision.number, "position": authority.position}
    record("post.restored", saved, by=by, **facts)
    return saved


def _store_working_copy(post: Post) -> None:
    """Store the working copy as a version where none is like it. It is not submitted by that."""
    composed = content.compose(post)
    sha256 = content.digest(composed)
    if post.revisions.filter(content_sha256=sha256).exists():
        return
    store_version(post, composed)


def _edit_of(revision: Revision, post: Post) -> PostEdit:
    """Return the edit that leads to the version. What versions do not hold, the campaign and the
    wanted time, stays as it is.
    """
    content = revision.content
    fields = PostFields(
        title=_written_title(content),
        body=content["body"],
        link=content["link"],
        topic=Topic.objects.filter(code=content["topic"]).first(),
        campaign=post.campaign,
        valid_until=parse_datetime(content["valid_until"]) if content["valid_until"] else None,
        requested_time=post.requested_time,
        urgent=content.get("urgent", False),
        ai_made=content.get("ai_made", False),
        **_legal_basis(content),
    )
    media = (
        Media.objects.usable()
        .filter(unit=post.unit)
        .in_bulk([medium["media"] for medium in content["media"]], field_name="public_id")
    )
    by_id = {str(public_id): medium for public_id, medium in media.items()}
    return PostEdit(
        fields,
        _channels(post, content),
        [
            MediaEdit(by_id[entry["media"]], entry["alt"], entry.get("captions", ""))
            for entry in content["media"]
            if entry["media"] in by_id
        ],
        placeholder_values=content.get("kit", {}).get("values"),
    )


def _written_title(content: Mapping[str, Any]) -> str:
    """Return the title that somebody wrote; empty where it came from the text, which the versions
    tell by their texts alone: on a platform without titles a written one stands above the text.
    """
    title, text = content["title"], to_plain_text(content["body"])
    if title != title_from(text):
        return title
    above = f"{title}\n\n{text}"
    return title if any(target["text"].startswith(above) for target in content["channels"]) else ""


def _legal_basis(content: Mapping[str, Any]) -> dict[str, Any]:
    legal = content.get("legal", {})
    return {
        "legal_basis": legal.get("number", ""),
        "legal_from": parse_date(legal.get("from", "")),
        "legal_until": parse_date(legal.get("until", "")),
        "source": content.get("source", ""),
    }


def _channels(post: Post, revision_content: Mapping[str, Any]) -> dict[Channel, ChannelEdit]:
    usable = {str(channel.public_id): channel for channel in channels_for(post.unit)}
    corrected = corrections.published_trace(post.corrects) if post.corrects else None
    all_media = [content.to_platform_medium(entry) for entry in revision_content["media"]]
    by_channel = {}
    for target in revision_content["channels"]:
        if channel := usable.get(target["channel"]):
            first = corrected.line(target["channel"]) if corrected else ""
            facts = facts_of(channel.platform)
            fitting = choose_format(facts, all_media, "")
            named = target.get("format", facts.formats[0].name)
            form = next((form for form in facts.formats if form.name == named), fitting)
            by_channel[channel] = ChannelEdit(
                _own_text(target, revision_content, form, first=first)
                if target["own_text"]
                else "",
                "" if form == fitting or form.for_long_text else form.name,
                _changed_options(form, target.get("options", {})),
                switched=True,  # exactly the version's channels, whatever its media were
            )
    return by_channel


def _own_text(
    target: Mapping[str, Any], revision_content: Mapping[str, Any], form: Format, *, first: str
) -> str:
    """Return a channel's own text without the lines that `content.compose_text` adds to it."""
    text: str = target["text"]
    if first:
        text = text.removeprefix(first).lstrip("\n")
    if revision_content["link"] and form.takes_link and not form.article:
        text = text.removesuffix(f"\n\n{revision_content['link']}")
    text = text.removesuffix(f"\n\n{revision_content['unit']}")
    if revision_content.get("ai_made") and not form.labels_ai:
        text = text.removesuffix(f"\n\n{content.AI_LINE}")
    return text


def _changed_options(form: Format, options: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {option.name: option.default for option in form.options}
    return {
        name: value
        for name, value in options.items()
        if name in defaults and value != defaults[name]
    }
