"""Queries for what people say to each other about a post."""

from django.db.models import F, Prefetch, QuerySet

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can
from posts.models import Comment, Post, Thread


def threads_of(post: Post) -> QuerySet[Thread]:
    """Find the threads about a post's revisions: open ones, newest first, then resolved ones."""
    comments = Comment.objects.select_related("author", "taken_by")
    return (
        Thread.objects.filter(revision__post=post)
        .select_related("revision", "review__by", "resolved_by")
        .defer("revision__content")
        .prefetch_related(Prefetch("comments", comments))
        .order_by(F("resolved_at").desc(nulls_first=True), "-begun_at", "-pk")
    )


def count_open_threads(post: Post) -> int:
    return Thread.objects.filter(revision__post=post, resolved_at__isnull=True).count()


def people_to_notify(thread: Thread) -> list[User]:
    """Find the people to notify of a thread: the writers of the post and those who have spoken, if
    they may still see it.
    """
    post = thread.revision.post
    keys = {post.author_id, post.last_editor_id, *thread.comments.values_list("author", flat=True)}
    if thread.review:
        keys.add(thread.review.by_id)
    people = User.objects.filter(pk__in=keys, is_active=True).order_by("pk")
    return [person for person in people if can(person, Permission.POST_VIEW, unit=post.unit)]
