"""Find what a library's page shows: its pictures by filters, and where each is used."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from core.text import fold
from media.library.queries import in_library_of
from media.models import Media
from posts.models import Post, PostMedia, RevisionMedia
from posts.queries import match_shown_nowhere
from units.models import Unit

SOON = timedelta(days=7)
MOST_POSTS = 100  # that show a picture, the newest


def search(media: QuerySet[Media], query: str, unit: Unit) -> QuerySet[Media]:
    """Filter by what is said of a picture, or written in the unit's posts that show it."""
    for word in fold(query).split():
        posts = Post.objects.filter(unit=unit, search__contains=word)
        in_posts = PostMedia.objects.filter(post__in=posts).values("media")
        media = media.filter(Q(search__contains=word) | Q(pk__in=in_posts))
    return media


def library_media(unit: Unit) -> QuerySet[Media]:
    """Return the library of ``unit``, the newest first."""
    return in_library_of(unit).order_by("-uploaded_at", "-pk")


def archived_media(unit: Unit) -> QuerySet[Media]:
    rows = Media.objects.filter(unit=unit, archived_at__isnull=False)
    return rows.select_related("unit").order_by("-archived_at", "-pk")


def filter_by_use(media: QuerySet[Media], *, used: bool) -> QuerySet[Media]:
    return media.exclude(match_shown_nowhere()) if used else media.filter(match_shown_nowhere())


def filter_ending(media: QuerySet[Media], *, on: date) -> QuerySet[Media]:
    """Filter by what has at most a week left, or no day any more."""
    return media.filter(expires_on__lte=on + SOON)


def count_uses(media: Sequence[Media]) -> dict[int, int]:
    """Count by key the posts that show each picture now."""
    rows = PostMedia.objects.filter(media__in=media).values("media")
    return dict(rows.annotate(n=Count("pk")).values_list("media", "n"))


def media_and_copies(media: Media) -> list[int]:
    """Return the keys of the picture and of those that units below took over from it."""
    return [media.pk, *media.copies.values_list("pk", flat=True)]


def posts_with(media: Sequence[int], *, user: User) -> list[Post]:
    """Return the posts that show media, by key, in their working copy or a revision; the newest
    first, of those that the person sees.
    """
    now = PostMedia.objects.filter(media__in=media).values("post")
    before = RevisionMedia.objects.filter(media__in=media).values("revision__post")
    posts = Post.objects.visible_to(user).filter(Q(pk__in=now) | Q(pk__in=before))
    return list(posts.select_related("unit").defer("body", "search")[:MOST_POSTS])
