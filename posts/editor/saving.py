"""Saving of drafts: who may write, what a kit locks, and the working copy's version."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import make_entry, record, record_entries
from campaigns.kits.models import Adoption, KitVersion
from core.errors import Refused
from core.resends import claim
from core.secrecy import require_no_secrecy_mark
from core.semaphores import PerUserLock
from core.text import normalise, parse_whole_number
from core.word_search import make_search_text
from media.models import Media
from media.scanners import scanning
from media.scanners.models import SECRET_MARK, Box
from posts.canonical import content, material
from posts.canonical.html import clean, to_paragraphs, to_plain_text
from posts.canonical.titles import title_from
from posts.checks.privacy import safe_label
from posts.editor.edits import PostEdit, PostFields, edit_of
from posts.editor.limits import LONGEST_TITLE, refuse_other_units, refuse_too_much, refuse_unusable
from posts.kit_placeholders import OWN_LINES, UnitKit
from posts.kits.adopting import carry_over, refuse_locked
from posts.models import Contribution, Editing, Post, PostChannel, PostMedia
from posts.origins import starting
from posts.states import EDITABLE
from units.models import Unit

CHECKING = PerUserLock("writing", queue=1, timeout=10)
SAVING = PerUserLock("writing", queue=2, timeout=30)

LONGEST_PAGE = 36  # a UUID


class PageSave(NamedTuple):
    """A save as its page sent it: ``page`` names one page as it was loaded, ``number`` rises with
    each thing it sends; of a page without scripts it stays 0.
    """

    page: str
    number: int


def read_page_save(data: QueryDict) -> PageSave | None:
    """Read from a composer's form which page sent it."""
    page = data.get("page", "")
    if not page or len(page) > LONGEST_PAGE:
        return None
    return PageSave(page, parse_whole_number(data.get("number", "")) or 0)


class EditConflict(Refused):
    """Somebody saved a newer copy meanwhile. ``post`` is that copy."""

    def __init__(self, post: Post):
        super().__init__(
            _(
                "%(who)s changed this post meanwhile. Your text is still here: compare, "
                "then save again."
            )
            % {"who": post.last_editor}
        )
        self.post = post


# By key, to compare with what is stored: a channel's text, format and whether that is the last
# post's, options, whether it is on and whether by hand; media with description and captions.
Targets = dict[int, tuple[str, str, bool, dict[str, Any], bool, bool]]
ShownMedia = list[tuple[int, str, str]]
_TARGET_FIELDS = ("text", "format", "format_as_before", "options", "is_on", "switched_by_person")


class WorkingCopy(NamedTuple):
    """All that people write of a post, as it is stored or as it will be, to compare the two."""

    fields: tuple[object, ...]
    targets: Targets
    media: ShownMedia


@transaction.atomic
def save(
    post: Post, edit: PostEdit, *, by: User, version: int, sent: PageSave | None = None
) -> Post:
    """Save the working copy; the first save of a post makes its row. Raise EditConflict when
    ``version`` is not the stored one, nor of the page that ``sent`` this, SecrecyRefused,
    NotAllowed, Refused.

    Saving what is stored already changes nothing: who only looked does not become the last editor.
    """
    require(by, Permission.POST_WRITE, unit=post.unit)
    if post._state.adding:
        post = starting.start_draft(unit=post.unit, by=by, public_id=post.public_id)
    post = _lock_open_post(post, version=version, sent=sent)
    edit, values = _apply_kit(post, edit)
    stored = post.targets.values_list("channel_id", *_TARGET_FIELDS)
    before = WorkingCopy(
        _written_fields(post),
        {channel: tuple(columns) for channel, *columns in stored},
        list(post.pictures.values_list("media_id", "alt_text", "captions")),
    )
    _assign(post, edit.fields)
    after = WorkingCopy(_written_fields(post), _new_targets(edit), _new_media(edit))
    has_new_values = _store_values(post, values)
    if after == before and not has_new_values:
        return post
    media_before = {key for key, *_rest in before.media}
    media_after = {key for key, *_rest in after.media}
    refuse_unusable(media_after - media_before)
    _store(post, after.targets, by=by, sent=sent)
    _mark_used(media_before | media_after)  # one taken out may be added again tomorrow
    if after.targets != before.targets:
        post.targets.all().delete()
        PostChannel.objects.bulk_create(_target_rows(post, after.targets))
    if after.media != before.media:
        post.pictures.all().delete()
        PostMedia.objects.bulk_create(_media_rows(post, after.media))
    # The portal keeps no file that bears a mark of secrecy once nothing shows it.
    removed = media_before - media_after
    marked = Box.objects.filter(scan__media__in=removed, rule=SECRET_MARK).values("scan__media")
    for row in Media.objects.filter(pk__in=marked) if removed else ():
        scanning.remove_marked(row, by=by)
    return post


class Draft(NamedTuple):
    """A post with its channels and media as a save would store them. No row was changed."""

    post: Post
    targets: list[PostChannel]
    pictures: list[PostMedia]


def draft_of(post: Post, edit: PostEdit) -> Draft:
    """Return the post as `save` would store it, and store nothing: ``post`` itself is changed.
    Raise SecrecyRefused, NotAllowed, Refused as `save`.
    """
    _refuse_closed(post)
    edit, values = _apply_kit(post, edit)
    _assign(post, edit.fields)
    if post.adoption:
        post.adoption.values = values
    pictures = [
        PostMedia(
            media=medium_edit.media,
            position=n,
            alt_text=medium_edit.alt,
            captions=medium_edit.captions,
        )
        for n, medium_edit in enumerate(edit.media)
    ]
    return Draft(post, targets_of(edit), pictures)


def _apply_kit(post: Post, edit: PostEdit) -> tuple[PostEdit, dict[str, str]]:
    """Return the edit as the post's kit lets it be, and the values of the kit's placeholders. Raise
    Refused for what may not be stored.
    """
    values = _check_values(post, edit)
    edit = _keep_kit_texts(post, edit, values)
    refuse_too_much(edit)
    require_no_secrecy_mark(edit.texts())
    refuse_other_units(post, edit)
    return edit, values


def _check_values(post: Post, edit: PostEdit) -> dict[str, str]:
    """Return the values of the kit's placeholders with those of the edit. Raise Refused."""
    if post.adoption is None:
        return {}
    unit_kit = UnitKit(post.adoption.version, post.unit)
    return unit_kit.check_values(edit.placeholder_values or {}, stored=post.adoption.values)


def _keep_kit_texts(post: Post, edit: PostEdit, values: Mapping[str, str]) -> PostEdit:
    """Return the edit with the texts, the topic and all that the kit keeps: nobody changes them."""
    if post.adoption is None:
        return edit
    kit, version = post.adoption.kit, post.adoption.version
    texts = UnitKit(version, post.unit).texts(values)
    if len(texts.title) > LONGEST_TITLE:
        raise Refused(_("The title becomes too long. Shorten what you fill in."))
    fields = replace(
        edit.fields,
        title=texts.title,
        body=texts.body,
        link=version.link or edit.fields.link,
        topic=kit.topic,
        campaign=kit.campaign,
        **legal_basis_of(version),
    )
    channels = {
        channel: replace(channel_edit, text=texts.own.get(channel.platform, ""))
        for channel, channel_edit in edit.channels.items()
    }
    return replace(edit, fields=fields, channels=channels)


def legal_basis_of(version: KitVersion) -> dict[str, Any]:
    """Return the legal basis that the kit sets, and that its posts therefore keep."""
    fields = version.legal_basis_fields() if version.legal_basis else {"source": version.source}
    if not version.source:
        del fields["source"]
    return fields


def _store_values(post: Post, values: dict[str, str]) -> bool:
    """Store the values of the kit's placeholders; return whether one of them changed."""
    if post.adoption is None or post.adoption.values == values:
        return False
    Adoption.objects.filter(pk=post.adoption.pk).update(values=values)
    post.adoption.values = values
    return True


@transaction.atomic
def take_over_version(post: Post, *, by: User) -> dict[str, str]:
    """Bring a draft to the newest version of its kit with the values that it has; return those, by
    label, that no placeholder takes any more. Raise Refused as `save`.
    """
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    row = _lock_open_post(post, version=post.version)
    adoption = row.adoption
    if adoption is None or adoption.kit.is_withdrawn or adoption.kit.current is None:
        raise Refused(_("The kit was withdrawn by those who wrote it. Put this post away."))
    newest = adoption.kit.current
    adoption.values, gone = carry_over(adoption, newest)
    adoption.version = newest
    adoption.save(update_fields=["version", "values"])
    saved = save(post, edit_of(row), by=by, version=row.version)
    record(
        "post.kit_version_taken",
        saved,
        by=by,
        position=authority.position,
        version=newest.number,
    )
    return gone


def append(post: Post, text: str, *, by: User) -> Post:
    """Add paragraphs at the end of the stored text, of a kit's to the lines of the unit itself.
    Raise as `save`.
    """
    edit = edit_of(post)
    if post.adoption:
        if not post.adoption.version.own_lines:
            refuse_locked(post)
        lines = post.adoption.values.get(OWN_LINES, "")
        added = {OWN_LINES: f"{lines}\n\n{text}".strip()}
        return save(post, replace(edit, placeholder_values=added), by=by, version=post.version)
    body = edit.fields.body + to_paragraphs(text)
    edit = replace(edit, fields=replace(edit.fields, body=body))
    return save(post, edit, by=by, version=post.version)


@transaction.atomic
def replace_media(
    post: Post,
    old: Media,
    new: Media,
    *,
    by: User,
    captions: Callable[[str], str] | None = None,
) -> Post:
    """Put ``new`` in the place of ``old``, with the same description, and the captions as
    ``captions`` changes them, and save the draft; where it shows ``old`` no more, change nothing.
    Raise as `save`.
    """
    edit = edit_of(post)
    pks = [medium.media.pk for medium in edit.media]
    if old.pk not in pks:
        return post
    own = next(medium for medium in edit.media if medium.media.pk == old.pk)
    captions_text = captions(own.captions) if captions else own.captions
    media = [
        replace(medium, media=new, captions=captions_text) if medium is own else medium
        for medium in edit.media
        if medium.media.pk != new.pk  # it stands there once
    ]
    return save(post, replace(edit, media=media), by=by, version=post.version)


@transaction.atomic
def create_many(
    edits: Sequence[PostEdit], *, unit: Unit, by: User, action: str = "post.started", **facts: Any
) -> list[Post]:
    """Create a draft of each edit, as `save` would store it, in a constant number of queries. The
    caller has counted them against a quota. Raise as `save`.
    """
    authority = require(by, Permission.POST_WRITE, unit=unit)
    now = timezone.now()
    created, targets = [], []
    for edit in edits:
        # Saved once: no draft in which nobody has written.
        post = Post(unit=unit, author=by, last_editor=by, changed_at=now, version=2)
        refuse_too_much(edit)
        require_no_secrecy_mark(edit.texts())
        refuse_other_units(post, edit)
        refuse_unusable({medium.media.pk for medium in edit.media})
        _assign(post, edit.fields)
        targets.append(_new_targets(edit))
        post.search = _search_text(post, targets[-1])
        created.append(post)
    Post.objects.bulk_create(created)
    pairs = list(zip(created, edits, strict=True))
    _mark_used(medium.media.pk for edit in edits for medium in edit.media)
    Contribution.objects.bulk_create(
        Contribution(post=post, user=by, edited_at=now) for post in created
    )
    PostChannel.objects.bulk_create(
        target
        for post, of_post in zip(created, targets, strict=True)
        for target in _target_rows(post, of_post)
    )
    PostMedia.objects.bulk_create(
        medium for post, edit in pairs for medium in _media_rows(post, _new_media(edit))
    )
    record_entries(
        make_entry(action, post, by=by, position=authority.position, **facts) for post in created
    )
    return created


def _lock_open_post(post: Post, *, version: int, sent: PageSave | None = None) -> Post:
    """Return the locked row, if it is open for editing and nobody else saved a newer copy."""
    joined = {"unit"}
    if post.adoption_id:
        joined |= {"adoption__kit__current", "adoption__version"}
    rows = Post.objects.select_for_update(of=("self",)).select_related(*joined)
    row = rows.get(pk=post.pk)
    _refuse_closed(row)
    if row.version != version and not made_version(row, sent):
        raise EditConflict(row)
    return row


def _refuse_closed(post: Post) -> None:
    if post.state not in EDITABLE:
        raise Refused(_("This post is not open for editing now."))


def _assign(post: Post, fields: PostFields) -> None:
    """Put the fields into the post, cleaned; a title of its own, or the first words of the text."""
    post.body = clean(fields.body)
    own = normalise(fields.title).strip()
    post.title_from_text = not own
    post.title = own or title_from(to_plain_text(post.body))
    post.label = safe_label(post.title)
    post.link = fields.link
    post.topic, post.campaign = fields.topic, fields.campaign
    post.valid_until, post.requested_time = fields.valid_until, fields.requested_time
    if fields.urgent is not None:
        post.urgent = fields.urgent
    if fields.ai_made is not None:
        post.ai_made = fields.ai_made
    post.legal_basis, post.source = (
        " ".join(normalise(text).split()) for text in (fields.legal_basis, fields.source)
    )
    post.legal_from, post.legal_until = fields.legal_from, fields.legal_until


def _written_fields(post: Post) -> tuple[object, ...]:
    """Return the fields that people write, to compare."""
    texts = post.title, post.title_from_text, post.body, post.link
    times = post.valid_until, post.requested_time
    marks = post.urgent, post.ai_made
    return (
        *texts,
        post.topic_id,
        post.campaign_id,
        *times,
        *marks,
        *post.legal_basis_fields().values(),
    )


def _new_targets(edit: PostEdit) -> Targets:
    return {
        target.channel_id: tuple(getattr(target, name) for name in _TARGET_FIELDS)
        for target in targets_of(edit)
    }


def targets_of(edit: PostEdit) -> list[PostChannel]:
    """Return the edit's channels as rows without a post, switched as its media or a person say."""
    pictures = [PostMedia(media=medium.media, captions=medium.captions) for medium in edit.media]
    described = content.media_for_limits(pictures)
    targets = []
    for channel, chosen in edit.channels.items():
        target = PostChannel(
            channel=channel,
            text=normalise(chosen.text).strip(),
            format=chosen.format,
            format_as_before=chosen.format_as_before,
            options=dict(chosen.options),
            is_on=bool(chosen.switched),
            switched_by_person=chosen.switched is not None,
        )
        target.is_on = material.is_switched_on(target, described)
        targets.append(target)
    return targets


def _new_media(edit: PostEdit) -> ShownMedia:
    return [
        (medium.media.pk, normalise(medium.alt).strip(), medium.captions) for medium in edit.media
    ]


def _search_text(post: Post, targets: Targets) -> str:
    """Return what a post is found by: its title, its text, and the texts of channels of their
    own.
    """
    return make_search_text(
        post.title, to_plain_text(post.body), *(own for own, *_rest in targets.values())
    )


def _store(post: Post, targets: Targets, *, by: User, sent: PageSave | None) -> None:
    """Store the row as the next version, with ``by`` as its last editor and a contributor."""
    claim()  # a save writes no entry
    post.last_editor, post.changed_at, post.version = by, timezone.now(), post.version + 1
    note_page_save(post, sent)
    post.search = _search_text(post, targets)
    post.save()
    Contribution.objects.bulk_create(
        [Contribution(post=post, user=by, edited_at=post.changed_at)],
        update_conflicts=True,
        unique_fields=["post", "user"],
        update_fields=["edited_at"],
    )


def _mark_used(keys: Iterable[int]) -> None:
    """Mark media as used by a draft that is being saved. Raise Refused where one was just removed
    as unused.
    """
    keys = set(keys)
    if keys and Media.objects.filter(pk__in=keys).update(last_used_at=timezone.now()) != len(keys):
        raise Refused(
            _(
                "A picture or video was removed because nothing showed it for a week. "
                "Upload it again."
            )
        )


def _target_rows(post: Post, targets: Targets) -> list[PostChannel]:
    return [
        PostChannel(post=post, channel_id=channel, **dict(zip(_TARGET_FIELDS, values, strict=True)))
        for channel, values in targets.items()
    ]


def _media_rows(post: Post, media: ShownMedia) -> list[PostMedia]:
    return [
        PostMedia(post=post, media_id=key, position=n, alt_text=alt, captions=captions)
        for n, (key, alt, captions) in enumerate(media)
    ]


def note_editing(post: Post, *, by: User, now: datetime) -> list[User]:
    """Note that ``by`` has the post open; return the others who had it open
    within the last minute.
    """
    Editing.objects.update_or_create(post=post, user=by, defaults={"seen_at": now})
    others = post.editings.filter(seen_at__gt=now - timedelta(seconds=60)).exclude(user=by)
    return [editing.user for editing in others.select_related("user")]


def note_page_save(post: Post, sent: PageSave | None) -> None:
    """Note on the post, before it is stored, what makes its version."""
    post.last_save = sent and [*sent, post.version]


def made_version(post: Post, sent: PageSave | None) -> bool:
    """Check whether the stored version came from this save or an earlier one of the same page. One
    that a later save of its page has overtaken did not make it.
    """
    if sent is None or post.last_save is None:
        return False
    page, number, version = post.last_save
    return (page, version) == (sent.page, post.version) and number <= sent.number
