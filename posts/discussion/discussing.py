"""Comments of people on a revision, and words that an approver proposes."""

import dataclasses
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from core import quotas
from core.errors import Refused
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from posts.discussion import anchors
from posts.discussion.queries import people_to_notify
from posts.editor import saving
from posts.editor.edits import PostEdit, edit_of
from posts.kits.adopting import refuse_locked
from posts.models import LONGEST_COMMENT, LONGEST_QUOTE, Comment, Post, Revision, Thread
from posts.states import EDITABLE, PostState

MOST_THREADS = 300  # of one post
MOST_COMMENTS = 100  # of one thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment, and about which words or picture; ``before``: the words ahead of the
    quote, ``proposal``: what they would write instead of it.
    """

    text: str = ""
    quote: str = ""
    before: str = ""
    picture: str = ""
    proposal: str = ""


def begin(post: Post, revision: Revision, remark: Remark, *, by: User) -> Thread:
    """Begin a thread about a revision of the post. Raise Refused, QuotaExceeded."""
    position = _require_may_comment(post, remark, by=by)
    quotas.use("comment", by=by)
    place = _anchor_fields(revision.content, remark)
    with transaction.atomic():
        if Thread.objects.filter(revision__post=post).count() >= MOST_THREADS:
            raise Refused(_("There are too many comments on this post already."))
        thread = Thread.objects.create(revision=revision, begun_at=timezone.now(), **place)
        _add_comment(thread, remark, by=by, position=position)
    return thread


def reply(thread: Thread, remark: Remark, *, by: User) -> Comment:
    """Answer in a thread; one that was resolved is open again. Raise Refused, QuotaExceeded."""
    post = thread.revision.post
    position = _require_may_comment(post, remark, by=by)
    if remark.proposal and not thread.quote:
        raise Refused(_("Words can be proposed only in place of others. Mark those first."))
    quotas.use("comment", by=by)
    with transaction.atomic():
        if thread.comments.count() >= MOST_COMMENTS:
            raise Refused(_("This thread is full. Please begin another one."))
        _set_resolved(thread, by=by, resolved=False)
        return _add_comment(thread, remark, by=by, position=position)


def _require_may_comment(post: Post, remark: Remark, *, by: User) -> str:
    """Return the position in which ``by`` speaks. Raise NotAllowed, Refused."""
    authority = require(by, Permission.POST_COMMENT, unit=post.unit)
    if remark.proposal:  # who watches from above never edits a commune's text
        require(by, Permission.POST_APPROVE, unit=post.unit)
    if not (remark.text.strip() or remark.proposal.strip()):
        raise Refused(_("Please write the comment."))
    if max(len(remark.text), len(remark.proposal)) > LONGEST_COMMENT:
        raise Refused(_("The comment is too long."))
    require_no_secrecy_mark((remark.text, remark.proposal, remark.quote))
    return authority.position


def _anchor_fields(content: Mapping[str, Any], remark: Remark) -> dict[str, Any]:
    quote = anchors.collapse_blanks(normalise(remark.quote))
    if remark.picture and not anchors.shows_picture(content, remark.picture):
        raise Refused(_("This version does not show that picture."))
    if not quote:
        if remark.proposal:
            raise Refused(_("Words can be proposed only in place of others. Mark those first."))
        return {"picture": uuid.UUID(remark.picture) if remark.picture else None}
    anchor = anchors.find(content, quote, before=remark.before)
    if len(quote) > LONGEST_QUOTE or anchor is None:
        raise Refused(
            _("These words do not stand so in this version. Copy them from the text once more.")
        )
    return {"quote": quote, **anchor._asdict()}


def _add_comment(thread: Thread, remark: Remark, *, by: User, position: str) -> Comment:
    post = thread.revision.post
    comment = Comment.objects.create(
        thread=thread,
        author=by,
        position=position,
        text=normalise(remark.text).strip(),
        proposal=normalise(remark.proposal).strip(),
        written_at=timezone.now(),
    )
    record("post.commented", post, by=by, position=position, version=thread.revision.number)
    people = [person for person in people_to_notify(thread) if person != by]
    if not people and post.state == PostState.IN_REVIEW:  # the author asks whoever will decide
        people = holders(Permission.POST_APPROVE, unit=post.unit, besides={by.pk})
    kind = "post_words_proposed" if comment.proposal else "post_commented"
    notify(people, kind, address=_address(thread), by=by, title=post)
    return comment


def _address(thread: Thread) -> str:
    page = reverse("posts:discussion", args=[thread.revision.post.public_id])
    return f"{page}#thread-{thread.public_id}"


@transaction.atomic
def resolve(thread: Thread, *, by: User) -> None:
    _set_resolved(thread, by=by, resolved=True)


@transaction.atomic
def reopen(thread: Thread, *, by: User) -> None:
    _set_resolved(thread, by=by, resolved=False)


def _set_resolved(thread: Thread, *, by: User, resolved: bool) -> None:
    """Resolve or reopen a thread; what somebody else just did is not done or told twice."""
    post = thread.revision.post
    authority = require(by, Permission.POST_COMMENT, unit=post.unit)
    row = Thread.objects.filter(pk=thread.pk, resolved_at__isnull=resolved)
    at, who = (timezone.now(), by) if resolved else (None, None)
    if row.update(resolved_at=at, resolved_by=who):
        action = "post.thread_resolved" if resolved else "post.thread_reopened"
        record(action, post, by=by, position=authority.position)


@transaction.atomic
def accept_proposal(comment: Comment, *, by: User) -> Post:
    """Put the proposed words where the quote stands in the working copy, and resolve the thread.

    The edit counts as made by the user who takes them and answers for the text: their proposer
    has written nothing, and may approve it. Raise Refused when the quote does not stand there
    exactly once.
    """
    post = comment.thread.revision.post
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    row = Post.objects.select_for_update(of=("self",)).select_related("unit").get(pk=post.pk)
    refuse_locked(row)
    if row.state not in EDITABLE:
        raise Refused(_("This post is not open for editing now."))
    untaken = Comment.objects.filter(pk=comment.pk, taken_at__isnull=True).exclude(proposal="")
    if not untaken.update(taken_at=timezone.now(), taken_by=by):
        raise Refused(_("These words were taken already."))
    edit = _replace_in_edit(edit_of(row), comment.thread.quote, comment.proposal)
    if edit is None:
        raise Refused(
            _(
                "The words that these would replace do not stand in the draft exactly once and in "
                "one piece any more. Please change the text by hand."
            )
        )
    saved = saving.save(row, edit, by=by, version=row.version)
    _set_resolved(comment.thread, by=by, resolved=True)
    record("post.proposal_taken", saved, by=by, position=authority.position)
    if comment.author_id != by.pk:
        address = _address(comment.thread)
        notify(
            [comment.author], "post_proposal_taken", address=address, mail=False, by=by, title=saved
        )
    return saved


def _replace_in_edit(edit: PostEdit, quote: str, replacement: str) -> PostEdit | None:
    """Return the edit with ``words`` instead of the quote, where exactly one of its texts has it,
    and once.
    """
    fields = edit.fields
    edits: list[PostEdit] = []
    if (
        title := anchors.replace_quote(fields.title, quote, " ".join(replacement.split()))
    ) is not None:
        edits.append(dataclasses.replace(edit, fields=dataclasses.replace(fields, title=title)))
    if (body := anchors.replace_quote_in_html(fields.body, quote, replacement)) is not None:
        edits.append(dataclasses.replace(edit, fields=dataclasses.replace(fields, body=body)))
    for channel, chosen in edit.channels.items():
        if (text := anchors.replace_quote(chosen.text, quote, replacement)) is not None:
            own = {**edit.channels, channel: dataclasses.replace(chosen, text=text)}
            edits.append(dataclasses.replace(edit, channels=own))
    return edits[0] if len(edits) == 1 else None
