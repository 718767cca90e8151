"""Queries about posts: what they lack, how they look in a list, and who else has one open."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.db.models import (
    Exists,
    ForeignObjectRel,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)

from accounts.models import User
from accounts.permissions import Permission
from audit.models import Entry
from campaigns.kits.models import KitMedia
from channels.models import Channel
from channels.queries import facts_of
from media.models import Logo, Media, Upload
from posts.models import (
    UPLOAD_PURPOSE,
    Contribution,
    Editing,
    Post,
    PostChannel,
    PostMedia,
    Review,
    Revision,
    RevisionMedia,
    Signature,
)
from posts.signals import (
    free_times_asked,
    media_uses_asked,
    taken_times_asked,
    times_after_asked,
    would_stop,
)
from posts.states import Decision, PostState
from units.models import Unit

MOST_APPROVALS = 20  # of one submission, each taken back but the last
LAST_TARGETS = 50  # some seven posts to seven channels


class PublishedUse(NamedTuple):
    """A picture or video on a page, or on its way there: by which post, where and since or from
    when.
    """

    post: Post
    channel: Channel
    state: str  # in words
    at: datetime
    link: str
    is_live: bool


def published_uses(media: Sequence[int], *, user: User | None = None) -> list[PublishedUse]:
    """Return where media, by key, are or will be on pages, the newest first; of what ``user`` sees,
    where one is given.
    """
    answers = media_uses_asked.send(Media, media=media, user=user)
    return [use for _receiver, uses in answers for use in cast("list[PublishedUse]", uses)]


class FreeTime(NamedTuple):
    """A time at which each of these channels has a slot and nothing goes out."""

    at: datetime
    channels: tuple[Channel, ...]


def free_times(channels: Sequence[Channel], *, now: datetime) -> list[FreeTime]:
    """Return the next free slots of these channels, which are one unit's; the soonest first."""
    answers = free_times_asked.send(Post, channels=channels, now=now)
    return [time for _receiver, times in answers for time in cast("list[FreeTime]", times)]


def free_times_after(
    post: Post, channels: Sequence[Channel], at: datetime, *, now: datetime
) -> list[datetime]:
    """Return times soon after ``at`` at which the post could go out on all these channels."""
    answers = times_after_asked.send(Post, post=post, channels=channels, at=at, now=now)
    return [time for _receiver, times in answers for time in cast("list[datetime]", times)]


class TakenTime(NamedTuple):
    """A time at which another post goes out on a channel."""

    channel: Channel
    at: datetime  # the beginning of its minute
    post: Post


def taken_times(asked: Collection[tuple[int, datetime]]) -> list[TakenTime]:
    """Return which of these pairs of a channel's key and a minute another post has taken."""
    answers = taken_times_asked.send(Post, asked=asked) if asked else []
    return [time for _receiver, times in answers for time in cast("list[TakenTime]", times)]


class LastChoice(NamedTuple):
    """Values with which a next post may begin: those of the unit's last one on a channel."""

    format: str = ""  # empty: what fits best
    options: Mapping[str, Any] = {}


def last_choices(unit: Unit) -> dict[int, LastChoice]:
    """Return by channel what was chosen for the unit's last submitted post there, as far as a next
    one may begin with it. Of channels that its last posts left out, nothing.
    """
    rows = PostChannel.objects.switched_on().filter(
        post__unit=unit, post__submitted_at__isnull=False
    )
    last: dict[int, LastChoice] = {}
    choice_rows = rows.order_by("-post__submitted_at", "-pk").values_list(
        "channel_id", "channel__platform", "format", "options"
    )
    for channel, platform, chosen, options in choice_rows[:LAST_TARGETS]:
        forms = facts_of(platform).offered
        kept = {option.name for form in forms for option in form.options if option.remembered}
        # A story is asked for each time: it is gone after a day.
        usual = {form.name for form in forms if not form.only_on_request}
        last.setdefault(
            channel,
            LastChoice(
                chosen if chosen in usual else "",
                {name: options[name] for name in options if name in kept},
            ),
        )
    return last


def deliveries_that_would_stop(post: Post) -> int:
    """Count the scheduled deliveries that end when the post is opened for editing."""
    return sum(cast("int", number) for _receiver, number in would_stop.send(Post, post=post))


def unfinished_drafts(user: User) -> QuerySet[Post]:
    """Return the drafts that a person began or edited last."""
    owned = (
        Post.objects.within(user.reach(Permission.POST_WRITE))
        .filter(last_editor=user)
        .open_for_editing()
    )
    return owned.select_related("unit").defer("body", "search")


def approved_posts(user: User, unit: Unit, query: str = "") -> QuerySet[Post]:
    """Return the unit's approved posts that the person may see and copy, the newest first. What
    came of a kit is not copied: whoever withdraws the kit takes back what came of it.
    """
    posts = Post.objects.visible_to(user).filter(unit=unit, state=PostState.APPROVED, adoption=None)
    return posts.search(query).select_related("topic").defer("body", "search")


def last_request_for_changes(post: Post) -> Review | None:
    """Return the decision by which the current revision was returned."""
    returned = Review.objects.filter(revision=post.current_revision, decision=Decision.RETURNED)
    return returned.select_related("by").first()


# In the record of a submission or an approval: the rules whose warnings were seen, those that the
# author acknowledged, and those that the approver overrode with a reason; and how many findings of
# each rule in pictures people let stand. The record is chained: what it has stored stays as it is.
WARNINGS, ACKNOWLEDGED, OVERRIDDEN, ALLOWED = "warnings", "checked", "passed", "shown"


class OverriddenWarnings(NamedTuple):
    """The rules whose warnings the author saw and submitted a post over, and those that its
    approver saw since then.
    """

    author: frozenset[str] = frozenset()
    approver: frozenset[str] = frozenset()


def overridden_warnings(post: Post) -> OverriddenWarnings:
    """Find by the record which warnings were overridden, at the last submission and after it."""
    submitted = f"post.{PostState.IN_REVIEW}"
    acts = [submitted, f"post.{PostState.APPROVED}", "post.first_approved"]
    approver: frozenset[str] = frozenset()
    for entry in _record_of(post).filter(action__in=acts)[:MOST_APPROVALS]:
        rules = frozenset((*entry.data.get(WARNINGS, ()), *entry.data.get(ACKNOWLEDGED, ())))
        if entry.action == submitted:
            return OverriddenWarnings(rules, approver)
        approver |= rules
    return OverriddenWarnings(approver=approver)


def _record_of(post: Post) -> QuerySet[Entry]:
    return Entry.objects.filter(object_type=Post._meta.label_lower, object_id=str(post.public_id))


# In the record of a unit's first approval that chose another time: the one that the author wanted.
REQUESTED_BEFORE = "requested_before"


def requested_before_first(post: Post) -> datetime | None:
    """Return the time that was wanted before the unit's first approval, by the record."""
    last = _record_of(post).filter(action="post.first_approved").first()
    if last is None or REQUESTED_BEFORE not in last.data:
        return post.requested_time
    before = last.data[REQUESTED_BEFORE]
    return datetime.fromisoformat(before) if before else None


def revisions_of(post: Post) -> QuerySet[Revision]:
    return post.revisions.select_related("author", "editor").prefetch_related(prefetch_decisions())


def prefetch_decisions() -> Prefetch:
    """Prefetch the decisions on revisions: by whom, and how an approval was proved."""
    signatures = Prefetch("signature", Signature.objects.only("review", "method"))
    return Prefetch("reviews", Review.objects.select_related("by").prefetch_related(signatures))


def match_shown_nowhere() -> Q:
    """Match media that no draft, revision or kit shows, and that are no unit's logo."""
    showing = (PostMedia, RevisionMedia, KitMedia, Logo)
    uses = (model.objects.filter(media=OuterRef("pk")) for model in showing)
    return Q(*(~Exists(use) for use in uses))


def unused_media(before: datetime) -> QuerySet[Media]:
    """Find media that nothing shows, that nobody has put into the library, and that nobody uploaded
    or used since ``before``.
    """
    return _removable().filter(kept_at=None, archived_at=None, last_used_at__lt=before)


def unused_library(before: datetime) -> QuerySet[Media]:
    """Find media of the library that nothing shows and nobody used since ``before``; what is shared
    stays.
    """
    rows = _removable().filter(kept_at__isnull=False, archived_at=None, shared=False)
    return rows.filter(last_used_at__lt=before)


def archived_media(before: datetime) -> QuerySet[Media]:
    """Find media that were archived before then, unless something shows them after all."""
    return _removable().filter(archived_at__lt=before)


def blurred_media(before: datetime) -> QuerySet[Media]:
    """Find media that something was blurred out of before then, and that nothing shows."""
    return _removable().filter(blurred_at__lt=before)


def _removable() -> QuerySet[Media]:
    uploads = Upload.objects.filter(media=OuterRef("pk"))
    return Media.objects.filter(match_shown_nowhere(), ~Exists(uploads))


def blank_drafts(before: datetime) -> QuerySet[Post]:
    """Find drafts in which nobody has written, and that nobody has had open since ``before``."""
    in_use = Editing.objects.filter(post=OuterRef("pk"), seen_at__gt=before)
    uploads = Upload.objects.filter(purpose=UPLOAD_PURPOSE, purpose_id=OuterRef("public_id"))
    return Post.objects.blank().filter(~Exists(in_use), ~Exists(uploads), changed_at__lt=before)


def never_submitted(before: datetime) -> QuerySet[Post]:
    """Find drafts, archived or not, that were never submitted, that nobody edited since ``before``,
    and that no record refers to.
    """
    links = ("revisions", "deliveries", "recalls", "corrections")
    pointing = (cast("ForeignObjectRel", Post._meta.get_field(name)) for name in links)
    in_use = Editing.objects.filter(post=OuterRef("pk"), seen_at__gt=before)
    tied = (
        rel.related_model._default_manager.filter(**{rel.field.name: OuterRef("pk")})
        for rel in pointing
    )
    return Post.objects.filter(
        *(~Exists(relation) for relation in tied), ~Exists(in_use), changed_at__lt=before
    )


def edited_since_approval(user: User) -> Exists:
    """Match posts that ``user`` changed since their last approval: somebody else has to approve
    those.
    """
    undone = Review.objects.filter(revision=OuterRef("revision"), decision=Decision.UNDONE)
    approved_since = Review.objects.filter(
        ~Exists(undone),
        revision__post=OuterRef("post"),
        decision=Decision.APPROVED,
        decided_at__gte=OuterRef("edited_at"),
    )
    own = Contribution.objects.filter(post=OuterRef("pk"), user=user)
    return Exists(own.filter(~Exists(approved_since)))
