"""Putting posts away, and removing drafts that were never submitted."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import make_entry, record_entries
from core.errors import Refused
from media.models import Upload
from posts.models import UPLOAD_PURPOSE, Post
from posts.states import PostState
from posts.transitions import move_post


@transaction.atomic
def archive(post: Post, *, by: User) -> None:
    """Archive a draft: it leaves the lists, and its record stays."""
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    if post.state == PostState.APPROVED:
        raise Refused(_("An approved post is part of the record; withdraw it instead."))
    held = authority.position
    move_post(post, PostState.ARCHIVED, by=by, position=held, archived_at=timezone.now())


@transaction.atomic
def unarchive(post: Post, *, by: User) -> None:
    """Take an archived post back as a draft, within `UNARCHIVED_WITHIN`. Raise Refused."""
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    if post.unarchivable_until is None:
        raise Refused(_("The time to take this draft back is over. Make a copy of it instead."))
    move_post(
        post,
        PostState.DRAFT,
        by=by,
        position=authority.position,
        action="post.unarchived",
        archived_at=None,
    )


@transaction.atomic
def remove_drafts(drafts: QuerySet[Post]) -> int:
    """Remove those of ``drafts`` that nobody is saving now, on record without their words; return
    how many.
    """
    # Locked and asked again: one that is saved meanwhile is no longer what it was found as.
    rows = list(drafts.select_related("unit").select_for_update(of=("self",), skip_locked=True))
    blank = set(
        Post.objects.blank().filter(pk__in=[post.pk for post in rows]).values_list("pk", flat=True)
    )
    entries = [
        make_entry("post.blank_removed" if post.pk in blank else "post.draft_removed", post)
        for post in rows
    ]
    for entry in entries:
        entry.object_label = ""
    record_entries(entries)
    Upload.objects.filter(
        purpose=UPLOAD_PURPOSE, purpose_id__in=[post.public_id for post in rows]
    ).delete()
    Post.objects.filter(pk__in=[post.pk for post in rows]).delete()
    return len(rows)
