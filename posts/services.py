"""What changes a post. Each function is one act by one person, checked, on record, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record, record_many
from campaigns.models import Campaign
from channels.models import Channel
from channels.queries import channels_for
from core.errors import NotAllowed, Refused
from core.text import fold, normal
from posts import content, corrections
from posts.captions import spoken
from posts.checks.base import Severity
from posts.checks.secrecy import has_secrecy_mark
from posts.models import Editing, Media, Post, PostChannel, PostMedia, Review, Revision
from posts.queries import findings
from posts.signals import approval_ended
from posts.states import EDITABLE, NEXT, Decision, PostState
from units.models import Unit


class EditConflict(Refused):
    """Somebody saved a newer copy meanwhile. ``post`` is that copy."""

    def __init__(self, post: Post):
        super().__init__(
            _("%(who)s changed this post meanwhile. Your text is still here: compare, then save again.")
            % {"who": post.last_editor}
        )
        self.post = post


class SecrecyRefused(Refused):
    """The text bears a secrecy mark; nothing of it was stored."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The text seems to hold a state secret. Nothing was saved. "
                "Stop drafting on this system and report to your unit's leader."
            )
        )


def _move(post: Post, to: PostState, *, by: User, post_held: str, reason: str = "", **fields: Any) -> None:
    """The one way a post changes state: checked against the table, race-free, on record."""
    was = post.state
    row = Post.objects.filter(pk=post.pk, state=was, version=post.version)
    if to not in NEXT[was] or not row.update(state=to, version=post.version + 1, **fields):
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    post.refresh_from_db(fields=["state", "version", *fields])
    record(f"post.{to}", post, by=by, post_held=post_held, reason=reason, was=was)


@transaction.atomic
def start(*, unit: Unit, by: User, campaign: Campaign | None = None) -> Post:
    """An empty draft, meant for all channels of the unit."""
    held = require(by, Permission.POST_WRITE, unit=unit)
    post = Post.objects.create(unit=unit, author=by, last_editor=by, campaign=campaign, changed_at=timezone.now())
    PostChannel.objects.bulk_create(PostChannel(post=post, channel=c) for c in channels_for(unit))
    record("post.started", post, by=by, post_held=held.post_held)
    return post


@transaction.atomic
def save(
    post: Post,
    *,
    by: User,
    version: int,
    fields: Mapping[str, Any],
    texts: Mapping[Channel, str],
    pictures: Sequence[tuple[Media, str]],
    captions: Mapping[Media, str] | None = None,
    formats: Mapping[Channel, str] | None = None,
    options: Mapping[Channel, Mapping[str, Any]] | None = None,
) -> Post:
    """Writes the working copy. ``fields``: title, body (HTML), link, topic, campaign, valid_until, wanted_at, urgent,
    ai_made.

    ``texts`` maps each chosen channel to its own text, empty for the master text; ``pictures`` are (media, alt text) in
    order, and ``captions`` the WebVTT of its videos. ``formats`` and ``options`` say what the author decided for a
    channel; one that they leave out takes what fits. Raises EditConflict when ``version`` is not the stored one,
    SecrecyRefused, NotAllowed, Refused.
    Saving what already stands changes nothing: who only looked does not become the last editor.
    """
    captions, formats, options = captions or {}, formats or {}, options or {}
    require(by, Permission.POST_WRITE, unit=post.unit)
    post = Post.objects.select_for_update(of=("self",)).select_related("unit", "last_editor").get(pk=post.pk)
    if post.state not in EDITABLE:
        raise Refused(_("This post is not open for editing now."))
    if post.version != version:
        raise EditConflict(post)
    before = _written(post)
    post.title = normal(str(fields["title"])).strip()
    post.body = content.clean(str(fields["body"]))
    for name in ("link", "topic", "campaign", "valid_until", "wanted_at"):
        setattr(post, name, fields[name])
    post.urgent = fields.get("urgent", post.urgent)
    post.ai_made = fields.get("ai_made", post.ai_made)
    words = content.plain(post.body)
    alts = [alt for _media, alt in pictures]
    said = [spoken(each) for each in captions.values()]
    # Each piece by itself: a mark alone on its line must not hide behind its neighbour.
    if any(has_secrecy_mark(piece) for piece in (post.title, words, *texts.values(), *alts, *said)):
        raise SecrecyRefused
    if any(c.unit_id != post.unit_id for c in texts) or any(m.unit_id != post.unit_id for m, _alt in pictures):
        raise NotAllowed(_("A post goes to its own unit's channels, with its own unit's pictures."))
    targets = {
        channel.pk: (normal(text).strip(), formats.get(channel, ""), dict(options.get(channel, {})))
        for channel, text in texts.items()
    }
    shown = [(media.pk, normal(alt).strip(), captions.get(media, "")) for media, alt in pictures]
    if _written(post, targets=targets, shown=shown) == before:
        return post
    post.last_editor, post.changed_at, post.version = by, timezone.now(), version + 1
    post.search = fold(f"{post.title} {words}")
    post.save()
    post.targets.all().delete()
    PostChannel.objects.bulk_create(
        PostChannel(post=post, channel_id=channel, text=text, format=form, options=decided)
        for channel, (text, form, decided) in targets.items()
    )
    post.pictures.all().delete()
    PostMedia.objects.bulk_create(
        PostMedia(post=post, media_id=media, position=n, alt_text=alt, captions=vtt)
        for n, (media, alt, vtt) in enumerate(shown)
    )
    return post


def _written(
    post: Post,
    *,
    targets: dict[int, tuple[str, str, dict[str, Any]]] | None = None,
    shown: list[tuple[int, str, str]] | None = None,
) -> tuple[Any, ...]:
    """All that a person writes of a post, to compare; ``targets`` and ``shown`` in place of what is stored."""
    if targets is None:
        stored = post.targets.values_list("channel_id", "text", "format", "options")
        targets = {channel: tuple(wish) for channel, *wish in stored}
    if shown is None:
        shown = list(post.pictures.values_list("media_id", "alt_text", "captions"))
    fields = (post.title, post.body, post.link, post.topic_id, post.campaign_id, post.valid_until, post.wanted_at)
    return *fields, post.urgent, post.ai_made, targets, shown


def _cut(post: Post, *, by: User) -> Revision:
    """The working copy as an immutable revision; the newest one again when nothing changed since."""
    composed = content.compose(post)
    sha256 = content.digest(composed)
    last = post.revisions.first()
    if last and last.content_sha256 == sha256 and last.editor_id == post.last_editor_id:
        return last
    return Revision.objects.create(
        post=post,
        number=last.number + 1 if last else 1,
        author=post.author,
        editor=post.last_editor,
        content=composed,
        content_sha256=sha256,
        created_at=timezone.now(),
    )


def _refuse_blocked(post: Post, composed: Mapping[str, Any] | None = None) -> None:
    blocking = [f.message for f in findings(post, composed) if f.severity == Severity.BLOCK]
    if blocking:
        raise Refused(" ".join(blocking))


@transaction.atomic
def submit(post: Post, *, by: User) -> Revision:
    """Cuts a revision and puts it before the approvers. Raises Refused with what is missing, in words."""
    held = require(by, Permission.POST_WRITE, unit=post.unit)
    _refuse_blocked(post)
    revision = _cut(post, by=by)
    _move(
        post,
        PostState.IN_REVIEW,
        by=by,
        post_held=held.post_held,
        current_revision=revision,
        submitted_at=timezone.now(),
    )
    besides = {post.author_id, post.last_editor_id, by.pk}
    notify(
        holders(Permission.POST_APPROVE, unit=post.unit, besides=besides),
        "post_submitted",
        address=reverse("publishing:review", args=[post.public_id]),
        by=by,
        title=post,
    )
    return revision


def _decide(revision: Revision, decision: Decision, *, by: User, reason: str, post_held: str) -> None:
    Review.objects.create(
        revision=revision,
        decision=decision,
        by=by,
        post_held=post_held,
        reason=reason,
        author_id=revision.author_id,
        editor_id=revision.editor_id,
        content_sha256=revision.content_sha256,
        decided_at=timezone.now(),
    )


@transaction.atomic
def approve(post: Post, revision: Revision, *, by: User) -> None:
    """Approves exactly ``revision``, which must be the one under review. Author and last editor may not."""
    held = require(by, Permission.POST_APPROVE, unit=post.unit)
    if by.pk in (revision.author_id, revision.editor_id):
        raise NotAllowed(_("Who drafted or last edited a post may not approve it."))
    if post.current_revision_id != revision.pk or content.digest(revision.content) != revision.content_sha256:
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    # Limits change and time passes between submission and decision.
    _refuse_blocked(post, revision.content)
    _move(post, PostState.APPROVED, by=by, post_held=held.post_held, approved_revision=revision)
    _decide(revision, Decision.APPROVED, by=by, reason="", post_held=held.post_held)
    _tell_writers(post, "post_approved", by=by)


@transaction.atomic
def send_back(post: Post, revision: Revision, *, by: User, reason: str) -> None:
    held = require(by, Permission.POST_APPROVE, unit=post.unit)
    if not reason.strip():
        raise Refused(_("Please write why, so that the officer can revise the post."))
    if post.current_revision_id != revision.pk:
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    _move(post, PostState.CHANGES_REQUESTED, by=by, post_held=held.post_held, reason=reason)
    _decide(revision, Decision.RETURNED, by=by, reason=reason.strip(), post_held=held.post_held)
    _tell_writers(post, "post_returned", by=by, reason=reason.strip())


@transaction.atomic
def reopen(post: Post, *, by: User) -> None:
    """Opens a submitted or approved post for editing. Its approval ends, and with it whatever was scheduled."""
    held = require(by, Permission.POST_WRITE, unit=post.unit)
    was_approved = post.state == PostState.APPROVED
    _move(post, PostState.DRAFT, by=by, post_held=held.post_held, approved_revision=None)
    if was_approved:
        approval_ended.send(Post, post=post, by=by, reason="", withdrawn=False)


@transaction.atomic
def withdraw(post: Post, *, by: User, reason: str) -> None:
    """Stops a post for good reason: by its unit's leader or by the province. What was scheduled stops with it."""
    held = require(by, Permission.POST_WITHDRAW, unit=post.unit)
    if not reason.strip():
        raise Refused(_("Please write why the post is withdrawn."))
    was_approved = post.state == PostState.APPROVED
    _move(post, PostState.WITHDRAWN, by=by, post_held=held.post_held, reason=reason.strip(), approved_revision=None)
    if was_approved:
        approval_ended.send(Post, post=post, by=by, reason=reason.strip(), withdrawn=True)
    _tell_writers(post, "post_withdrawn", by=by, reason=reason.strip())


@transaction.atomic
def withdraw_many(wanted: QuerySet[Post], *, by: User, post_held: str, reason: str) -> int:
    """Withdraws approved posts in one act, as ``withdraw`` does one; how many. The caller has checked the right and
    deals with their deliveries."""
    approved = wanted.filter(state=PostState.APPROVED).order_by("pk").select_for_update(of=("self",))
    rows = list(approved.values_list("pk", "public_id", "title", "unit__path"))
    Post.objects.filter(pk__in=[pk for pk, *_rest in rows]).update(
        state=PostState.WITHDRAWN, approved_revision=None, version=F("version") + 1
    )
    told = {
        "at": timezone.now(),
        "actor_id": by.pk,
        "actor_name": str(by),
        "post_held": post_held,
        "reason": reason,
        "action": "post.withdrawn",
        "object_type": Post._meta.label_lower,
        "data": {"was": PostState.APPROVED},
    }
    record_many(
        [
            {**told, "object_id": str(public_id), "object_label": title[:250], "unit_path": path}
            for _pk, public_id, title, path in rows
        ]
    )
    return len(rows)


@transaction.atomic
def archive(post: Post, *, by: User) -> None:
    """Puts a draft away: it leaves the lists, and its record stays."""
    held = require(by, Permission.POST_WRITE, unit=post.unit)
    if post.state == PostState.APPROVED:
        raise Refused(_("An approved post is part of the record; withdraw it instead."))
    _move(post, PostState.ARCHIVED, by=by, post_held=held.post_held)


@transaction.atomic
def duplicate(post: Post, *, by: User) -> Post:
    """A new draft with the same text, media and channels, each in its format, by the person who asked for it."""
    held = require(by, Permission.POST_WRITE, unit=post.unit)
    copy = Post.objects.create(
        unit=post.unit,
        author=by,
        last_editor=by,
        title=post.title,
        body=post.body,
        link=post.link,
        topic=post.topic,
        campaign=post.campaign,
        ai_made=post.ai_made,
        duplicate_of=post,
        changed_at=timezone.now(),
        search=post.search,
    )
    usable = {c.pk for c in channels_for(post.unit)}
    PostChannel.objects.bulk_create(
        PostChannel(post=copy, channel_id=t.channel_id, text=t.text, format=t.format, options=t.options)
        for t in post.targets.all()
        if t.channel_id in usable
    )
    PostMedia.objects.bulk_create(_same_media(post, copy))
    record("post.duplicated", copy, by=by, post_held=held.post_held, of=str(post.public_id))
    return copy


@transaction.atomic
def correct(post: Post, *, by: User) -> Post:
    """A new draft that corrects ``post``, for the channels on which it stood and that are still connected. What
    residents saw is named on each of them; the draft goes through review like any other."""
    held = require(by, Permission.POST_WRITE, unit=post.unit)
    stood = corrections.stood(post)
    if stood is None:
        raise Refused(_("Only what stood on a page can be corrected. Edit the post instead."))
    draft = Post.objects.create(
        unit=post.unit,
        author=by,
        last_editor=by,
        title=stood.new_title,
        topic=post.topic,
        ai_made=post.ai_made,
        corrects=post,
        changed_at=timezone.now(),
        search=fold(stood.new_title),
    )
    same = [channel for channel in channels_for(post.unit) if channel.pk in stood.channels]
    # In a format that fits: the original may have been a story, which is gone. Who may see it stays as it was decided.
    decided = dict(post.targets.values_list("channel_id", "options"))
    PostChannel.objects.bulk_create(
        PostChannel(post=draft, channel=channel, options=decided.get(channel.pk, {})) for channel in same
    )
    # Some platforms take no post without a picture or a video.
    PostMedia.objects.bulk_create(_same_media(post, draft))
    record("post.correction_begun", draft, by=by, post_held=held.post_held, of=str(post.public_id))
    return draft


def _same_media(post: Post, copy: Post) -> list[PostMedia]:
    shown = post.pictures.values("media_id", "position", "alt_text", "captions")
    return [PostMedia(post=copy, **each) for each in shown]


def touch(post: Post, *, by: User, now: datetime) -> list[User]:
    """Notes that ``by`` has the post open; returns the others who had it open within the last minute."""
    Editing.objects.update_or_create(post=post, user=by, defaults={"seen_at": now})
    others = post.editings.filter(seen_at__gt=now - timedelta(seconds=60)).exclude(user=by)
    return [e.user for e in others.select_related("user")]


def _tell_writers(post: Post, kind: str, *, by: User, **facts: Any) -> None:
    people = {p.pk: p for p in (post.author, post.last_editor) if p.pk != by.pk}
    notify(people.values(), kind, address=reverse("publishing:post", args=[post.public_id]), by=by, title=post, **facts)
