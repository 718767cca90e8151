"""What is found out about posts: what they lack, what they look like in a list, and who else has one open."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from channels.connectors.limits import problems
from channels.queries import facts_of
from channels.wording import in_the_way
from posts import content
from posts.checks.base import Finding, Severity
from posts.models import Post, Review, Revision
from posts.signals import would_stop
from posts.states import Decision

# What a list may be sorted by, and the columns behind it.
SORTS: dict[str, tuple[str, ...]] = {
    "-changed": ("-changed_at", "-pk"),
    "changed": ("changed_at", "pk"),
    "title": ("title", "pk"),
    "-title": ("-title", "-pk"),
    "state": ("state", "-changed_at", "-pk"),
    "wanted": ("wanted_at", "-changed_at", "-pk"),
}


def findings(post: Post, composed: Mapping[str, Any] | None = None) -> list[Finding]:
    """What stands between the working copy and submission, for people; empty when it may go to the approver.

    ``composed`` is what ``content.compose`` made of the post, where the caller has it already.
    """
    composed = content.compose(post) if composed is None else composed
    found = []

    def block(rule: str, message: str, where: str) -> None:
        found.append(Finding(rule, Severity.BLOCK, message, where))

    if not composed["title"]:
        block("title_missing", _("The title is missing."), "title")
    if not content.plain(post.body):
        block("body_missing", _("The text is missing."), "body")
    if not composed["topic"]:
        block("topic_missing", _("The topic is missing."), "topic")
    if post.valid_until and post.valid_until <= timezone.now():
        block("no_longer_valid", _("The post's last day of validity has passed."), "valid_until")
    elif post.valid_until and post.wanted_at and post.wanted_at >= post.valid_until:
        block(
            "wanted_too_late", _("The wanted time of publication lies after the end of the post's validity."), "wanted"
        )
    if not composed["channels"]:
        block("channel_missing", _("No channel is chosen."), "channels")
    for number, picture in enumerate(composed["media"], start=1):
        if not picture["alt"]:
            block("alt_missing", _("Picture %(n)s has no description for blind readers.") % {"n": number}, "pictures")
    for target in composed["channels"]:
        _fits(target, composed, block)
    return found


def _fits(target: Mapping[str, Any], composed: Mapping[str, Any], block: Any) -> None:
    """Whether the platform takes the post as it stands."""
    form = facts_of(target["platform"]).format(target.get("format", ""))
    for problem in problems(form, content.message_for(composed, target, key="")):
        block(problem.rule, in_the_way(problem, channel=content.channel_name(target)), target["channel"])


def deliveries_that_would_stop(post: Post) -> int:
    """How many scheduled deliveries end when the post is opened for editing."""
    return sum(number for _receiver, number in would_stop.send(Post, post=post))


def unfinished(user: User) -> QuerySet[Post]:
    """The drafts a person began or touched last, to go on with."""
    mine = Post.objects.within(user.reach("post_write")).filter(last_editor=user).in_the_works()
    return mine.select_related("unit").defer("body", "search")


def last_return(post: Post) -> Review | None:
    """The decision by which the current revision came back."""
    returned = Review.objects.filter(revision=post.current_revision, decision=Decision.RETURNED)
    return returned.select_related("by").first()


def revisions_of(post: Post) -> QuerySet[Revision]:
    return post.revisions.select_related("author", "editor").prefetch_related("reviews__by")
