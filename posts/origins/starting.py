"""Drafts that begin empty, from a template, as a copy of another post, or as its correction."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.models import Campaign, Topic
from channels.queries import channels_for
from core import quotas
from core.errors import Refused
from core.secrecy import require_no_secrecy_mark
from core.word_search import make_search_text
from media.library.entries import take_over
from media.models import Media
from posts.canonical import content, corrections, material
from posts.canonical.html import to_paragraphs, to_plain_text
from posts.checks.privacy import safe_label
from posts.library.models import Template
from posts.library.placeholders import fill_template
from posts.models import Post, PostChannel, PostMedia
from posts.queries import LastChoice, last_choices
from units.models import Unit

BLANK_KEPT = timedelta(days=1)
LONGEST_TITLE = 200  # characters, as of a post


@transaction.atomic
def start_draft(
    *, unit: Unit, by: User, campaign: Campaign | None = None, public_id: uuid.UUID | None = None
) -> Post:
    """Start an empty draft for all channels of the unit; one of this ``public_id`` that somebody
    was faster to start is returned as it is. Raise QuotaExceeded.
    """
    authority = require(by, Permission.POST_WRITE, unit=unit)
    quotas.use("draft", by=by)
    fields = {"author": by, "last_editor": by, "campaign": campaign, "changed_at": timezone.now()}
    post, is_new = Post.objects.get_or_create(
        public_id=public_id or uuid.uuid4(), unit=unit, defaults=fields
    )
    if is_new:
        PostChannel.objects.bulk_create(first_targets(post))
        record("post.started", post, by=by, position=authority.position)
    return post


def first_targets(post: Post) -> list[PostChannel]:
    """Return a new post's rows for all channels of its unit: on are those that take a text by
    itself, and with pictures or videos the others follow. Formats and options are those of the
    last post, a format as far as it fits.
    """
    last = last_choices(post.unit)
    targets = []
    for channel in channels_for(post.unit):
        chosen = last.get(channel.pk, LastChoice())
        target = PostChannel(
            post=post,
            channel=channel,
            format=chosen.format,
            format_as_before=bool(chosen.format),
            options=dict(chosen.options),
        )
        target.is_on = material.is_switched_on(target, [])
        targets.append(target)
    return targets


@transaction.atomic
def start_from_template(
    template: Template, *, unit: Unit, by: User, values: Mapping[str, str] | None = None
) -> Post:
    """Start a draft with the template's text, its placeholders filled by the unit's facts and by
    ``values``; one that is left open is a finding. Raise QuotaExceeded, Refused.
    """
    authority = require(by, Permission.POST_WRITE, unit=unit)
    if not Template.objects.posts().open_to(unit).filter(pk=template.pk).exists():
        raise Refused(_("This template is not in use any more. Choose another one."))
    filled = fill_template(template, unit, on=timezone.localdate(), values=values)
    if len(filled.title) > LONGEST_TITLE:
        raise Refused(_("The title becomes too long. Shorten what you fill in."))
    require_no_secrecy_mark([filled.title, filled.text, *filled.texts.values()])
    quotas.use("draft", by=by)
    post = Post(
        unit=unit,
        author=by,
        last_editor=by,
        title=filled.title,
        label=safe_label(filled.title),
        body=to_paragraphs(filled.text),
        topic=template.topic,
        template=template,
        **template.legal_basis_fields(),
        changed_at=timezone.now(),
    )
    targets = first_targets(post)
    for target in targets:
        target.text = filled.texts.get(target.channel.platform, "")
    post.search = make_search_text(filled.title, filled.text, *(target.text for target in targets))
    post.save()
    PostChannel.objects.bulk_create(targets)
    Template.objects.filter(pk=template.pk).update(uses=F("uses") + 1)
    record(
        "post.begun_from_template",
        post,
        by=by,
        position=authority.position,
        template=str(template.public_id),
    )
    return post


@transaction.atomic
def duplicate(post: Post, *, by: User) -> Post:
    """Make a draft with the same text, media and channels, each in its format, by the person who
    asked for it. Raise QuotaExceeded.
    """
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    if post.adoption_id:
        raise Refused(
            _(
                "A post that came of a kit is not copied: who withdraws the kit takes back what "
                "came of it. Your unit takes each kit up once."
            )
        )
    quotas.use("draft", by=by)
    usable = {c.pk for c in channels_for(post.unit)}
    targets = [target for target in post.targets.all() if target.channel_id in usable]
    copy = Post.objects.create(
        unit=post.unit,
        author=by,
        last_editor=by,
        title=post.title,
        title_from_text=post.title_from_text,
        label=post.label,
        body=post.body,
        link=post.link,
        topic=post.topic,
        campaign=post.campaign,
        ai_made=post.ai_made,
        **post.legal_basis_fields(),
        duplicate_of=post,
        changed_at=timezone.now(),
        search=make_search_text(
            post.title, to_plain_text(post.body), *(target.text for target in targets)
        ),
    )
    PostChannel.objects.bulk_create(
        PostChannel(
            post=copy,
            channel_id=t.channel_id,
            text=t.text,
            format=t.format,
            format_as_before=t.format_as_before,
            options=t.options,
            is_on=t.is_on,
            switched_by_person=t.switched_by_person,
        )
        for t in targets
    )
    PostMedia.objects.bulk_create(_copy_media(post, copy))
    record("post.duplicated", copy, by=by, position=authority.position, of=str(post.public_id))
    return copy


@transaction.atomic
def start_correction(post: Post, *, by: User) -> Post:
    """Make a draft that corrects ``post``, for the still connected channels on which it was
    published. Each names what residents saw; the draft is reviewed like any other.
    """
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    trace = corrections.published_trace(post)
    if trace is None:
        raise Refused(_("Only what stood on a page can be corrected. Edit the post instead."))
    quotas.use("draft", by=by)
    draft = Post.objects.create(
        unit=post.unit,
        author=by,
        last_editor=by,
        title=trace.new_title,
        label=safe_label(trace.new_title),
        topic=post.topic,
        ai_made=post.ai_made,
        **post.legal_basis_fields(),
        corrects=post,
        changed_at=timezone.now(),
        search=make_search_text(trace.new_title),
    )
    same = [channel for channel in channels_for(post.unit) if channel.pk in trace.channels]
    # In a format that fits: the original may have been a story, which is gone. Its visibility stays
    # as it was decided. Where residents read the mistake, no picture less takes the correction off.
    decided = dict(post.targets.values_list("channel_id", "options"))
    PostChannel.objects.bulk_create(
        PostChannel(
            post=draft,
            channel=channel,
            options=decided.get(channel.pk, {}),
            switched_by_person=True,
        )
        for channel in same
    )
    # No picture of the original comes along: it may be the mistake.
    record(
        "post.correction_begun", draft, by=by, position=authority.position, of=str(post.public_id)
    )
    return draft


@transaction.atomic
def start_from_example(
    *,
    unit: Unit,
    by: User,
    title: str,
    text: str,
    topic: Topic | None,
    link: str,
    ai_made: bool,
    legal_basis: Mapping[str, Any],
    media: Iterable[tuple[Media, str]],
    example: str,
) -> tuple[Post, int]:
    """Start a draft with the words of another unit's post; return it with how many of ``media`` it
    shows. Those that the unit may not use are left out. Raise QuotaExceeded, Refused.
    """
    authority = require(by, Permission.POST_WRITE, unit=unit)
    if len(title) > LONGEST_TITLE:
        raise Refused(_("The title becomes too long. Shorten what you fill in."))
    require_no_secrecy_mark([title, text])
    quotas.use("draft", by=by)
    post = Post.objects.create(
        unit=unit,
        author=by,
        last_editor=by,
        title=title,
        label=safe_label(title),
        body=to_paragraphs(text),
        link=link,
        topic=topic,
        ai_made=ai_made,
        **legal_basis,
        changed_at=timezone.now(),
        search=make_search_text(title, text),
    )
    pictures = _usable_media(post, media, by=by)
    visible_media = content.media_for_limits(pictures)
    targets = first_targets(post)
    for target in targets:
        target.is_on = material.is_switched_on(target, visible_media)
    PostChannel.objects.bulk_create(targets)
    PostMedia.objects.bulk_create(pictures)
    record("post.begun_from_example", post, by=by, position=authority.position, example=example)
    return post, len(pictures)


def _usable_media(post: Post, media: Iterable[tuple[Media, str]], *, by: User) -> list[PostMedia]:
    """Return those of the media that a unit above shares, as the unit's own rows."""
    pictures: list[PostMedia] = []
    today = timezone.localdate()
    for medium, alt in media:
        if medium.is_expired(today):
            continue
        try:
            own = take_over(medium, unit=post.unit, by=by)
        except Refused:
            continue
        pictures.append(PostMedia(post=post, media=own, position=len(pictures), alt_text=alt))
    return pictures


def _copy_media(post: Post, copy: Post) -> list[PostMedia]:
    usable = post.pictures.filter(media__blurred_at=None)
    pictures = usable.values("media_id", "position", "alt_text", "captions")
    return [PostMedia(post=copy, **picture) for picture in pictures]
