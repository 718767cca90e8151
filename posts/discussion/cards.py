"""The discussion of a post, as pages show it to one reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can
from posts.canonical import content as canonical
from posts.discussion import anchors
from posts.discussion.forms import RemarkForm, ReplyForm
from posts.discussion.queries import count_open_threads, threads_of
from posts.models import Post, Thread
from posts.states import EDITABLE

PAGE = 30


@dataclass(frozen=True, slots=True)
class ThreadCard:
    """A thread, and whether what it is about still stands in the version on the page.
    ``picture``: its entry of the content's ``media``, if that is what it is about.
    """

    thread: Thread
    is_there: bool
    picture: Mapping[str, Any] | None
    reply: ReplyForm


@dataclass(frozen=True, slots=True)
class Discussion:
    """``at``: the page that it stands on, to which its buttons lead back."""

    post: Post
    at: str
    waiting: int  # threads that are not resolved
    page: Page
    cards: list[ThreadCard]
    form: RemarkForm | None  # None: the reader may not comment, or there is no version yet
    may_comment: bool
    may_take: bool


def shown_content(post: Post) -> Mapping[str, Any]:
    """Return what a page of the post shows: the working copy while it is open, else the newest
    version.
    """
    if post.state in EDITABLE or post.current_revision is None:
        return canonical.compose(post)
    return post.current_revision.content


def discussion_of(
    post: Post,
    *,
    reader: User,
    at: str = "",
    number: str = "",
    form: RemarkForm | None = None,
    answer: tuple[Thread, ReplyForm] | None = None,
) -> Discussion:
    """Build the discussion of a post. ``form`` and ``answer``: what was sent and not taken, by
    which thread.
    """
    content = shown_content(post)
    may_comment = can(reader, Permission.POST_COMMENT, unit=post.unit)
    may_propose = can(reader, Permission.POST_APPROVE, unit=post.unit)
    page = Paginator(threads_of(post), PAGE).get_page(number)
    if form is None and may_comment and post.current_revision:
        revision = post.current_revision
        form = RemarkForm(content=revision.content, may_propose=may_propose, auto_id="remark_%s")
    return Discussion(
        post=post,
        at=at,
        waiting=_count_waiting(post, page),
        page=page,
        cards=_thread_cards(page, content, may_propose, answer),
        form=form,
        may_comment=may_comment,
        may_take=post.state in EDITABLE and can(reader, Permission.POST_WRITE, unit=post.unit),
    )


def _count_waiting(post: Post, page: Page) -> int:
    """Count the threads that are not resolved; those of a single page are at hand."""
    if page.has_other_pages():
        return count_open_threads(post)
    return sum(thread.resolved_at is None for thread in page)


def _thread_cards(
    threads: Page,
    content: Mapping[str, Any],
    may_propose: bool,
    answer: tuple[Thread, ReplyForm] | None,
) -> list[ThreadCard]:
    texts = [text for _place, text in anchors.texts_of(content)]
    media = {medium["media"]: medium for medium in content["media"]}
    cards = []
    for thread in threads:
        picture = media.get(str(thread.picture))
        is_gone = thread.picture and not picture
        if thread.quote:
            is_gone = not any(thread.quote in text for text in texts)
        is_answered = answer is not None and answer[0] == thread
        form = answer[1] if answer and is_answered else reply_form(thread, may_propose=may_propose)
        cards.append(ThreadCard(thread, not is_gone, picture, form))
    return cards


def reply_form(thread: Thread, data: Any = None, *, may_propose: bool) -> ReplyForm:
    return ReplyForm(
        data,
        may_propose=may_propose and bool(thread.quote),
        auto_id=f"reply-{thread.public_id}-%s",
    )
