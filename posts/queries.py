"""What is found out about posts: what they lack, what they look like in a list, and who else has one open."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from channels import wording
from channels.connectors.base import Format
from channels.connectors.limits import problems
from channels.queries import facts_of
from channels.states import Kind
from channels.wording import format_name, in_the_way
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
    """What stands between the working copy and submission, and what is only worth knowing; for people.

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
    for number, medium in enumerate(composed["media"], start=1):
        if not medium["alt"] and "video" not in medium:
            message = _("Picture %(n)s has no description for blind readers.") % {"n": number}
            block("alt_missing", message, f"media-{medium['media']}")
    # Contents order them by their keys; people read them as the page has them.
    targets = sorted(composed["channels"], key=lambda target: Kind.values.index(target["platform"]))
    for target in targets:
        found += _fits(target, composed)
    for target in targets:
        found += _worth_knowing(target, composed)
    return found


def _fits(target: Mapping[str, Any], composed: Mapping[str, Any]) -> Iterator[Finding]:
    """What keeps the platform from taking the post as it stands."""
    channel = content.channel_name(target)
    facts = facts_of(target["platform"])
    if target.get("format", "") not in {"", *(form.name for form in facts.formats)}:
        words = _("%(channel)s has this format no longer: %(format)s. Choose another one.")
        message = words % {"channel": channel, "format": format_name(target["format"])}
        yield Finding("format_gone", Severity.BLOCK, message, target["channel"])
        return
    form = facts.format(target.get("format", ""))
    shown = content.media_for(composed, target)
    for problem in problems(form, content.message_for(composed, target, key="")):
        where = _place(problem.rule, target["channel"])
        if problem.at:
            medium = shown[problem.at - 1]
            where = f"media-{medium['media']}"
            problem = replace(problem, at=composed["media"].index(medium) + 1)  # as the composer counts them
        yield Finding(problem.rule, Severity.BLOCK, in_the_way(problem, channel=channel, form=form), where)


def _place(rule: str, channel: str) -> str:
    """The field where a limit of one channel is met."""
    if rule == "title_long":
        return "title"
    if rule.startswith("choose_"):
        return f"{channel}-{rule.removeprefix('choose_')}"
    return channel


def _worth_knowing(target: Mapping[str, Any], composed: Mapping[str, Any]) -> Iterator[Finding]:
    """What the platform takes, and yet shows otherwise than the officer may think."""
    name = content.channel_name(target)
    forms = {form.name: form for form in facts_of(target["platform"]).formats}
    form = forms.get(target.get("format") or next(iter(forms)))
    if form is None:
        return

    def warn(rule: str, message: str) -> Finding:
        return Finding(rule, Severity.WARN, message, target["channel"])

    shown = content.media_for(composed, target)
    left_out = [medium for medium in composed["media"] if medium not in shown]
    if left_out:
        films = sum("video" in medium for medium in left_out)
        words = _("%(channel)s shows this post as “%(format)s”, without %(media)s.")
        media = wording.shown(len(left_out) - films, films)
        yield warn("media_left_out", words % {"channel": name, "format": format_name(form.name), "media": media})
    oblong = [str(at) for at, medium in enumerate(composed["media"], start=1) if medium in shown and _cut(form, medium)]
    if oblong:
        words = ngettext(
            "Picture %(at)s is too long or too wide for %(channel)s and gets white margins there.",
            "Pictures %(at)s are too long or too wide for %(channel)s and get white margins there.",
            len(oblong),
        )
        yield warn("margins", words % {"at": ", ".join(oblong), "channel": name})
    if composed["link"] and not form.takes_link:
        words = _("%(channel)s shows no link that can be opened; it is left out there.")
        yield warn("link_left_out", words % {"channel": name})


def _cut(form: Format, medium: Mapping[str, Any]) -> bool:
    """Whether a picture's shape lies beyond what the format shows."""
    limits = form.images
    if not limits or "video" in medium or not medium["height"]:
        return False
    ratio = medium["width"] / medium["height"]
    return bool((limits.narrowest and ratio < limits.narrowest) or (limits.widest and ratio > limits.widest))


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
