from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.queries import facts_of
from posts import content
from posts.checks.base import Finding, Severity
from posts.models import Post


def findings(post: Post) -> list[Finding]:
    """What stands between the working copy and submission, for people; empty when it may go to the approver."""
    composed = content.compose(post)
    found = []

    def block(rule: str, message: str, where: str = "") -> None:
        found.append(Finding(rule, Severity.BLOCK, message, where))

    if not composed["title"]:
        block("title_missing", _("The title is missing."), "title")
    if not content.plain(post.body):
        block("body_missing", _("The text is missing."), "body")
    if not composed["topic"]:
        block("topic_missing", _("The topic is missing."), "topic")
    if not composed["channels"]:
        block("channel_missing", _("No channel is chosen."), "channels")
    for number, picture in enumerate(composed["media"], start=1):
        if not picture["alt"]:
            block("alt_missing", _("Picture %(n)s has no description for blind readers.") % {"n": number}, "pictures")
    for target in composed["channels"]:
        facts = facts_of(target["platform"])
        pictures = len(composed["media"])
        limit = facts.max_text_with_image if pictures and facts.max_text_with_image else facts.max_text
        name, where = {"channel": target["name"]}, target["channel"]
        if facts.max_title and len(composed["title"]) > facts.max_title:
            block(
                "title_long",
                _("The title is too long for %(channel)s: at most %(n)s characters.") % {**name, "n": facts.max_title},
                where,
            )
        if (over := len(target["text"]) - limit) > 0:
            block(
                "text_long",
                ngettext(
                    "The text for %(channel)s is %(n)s character too long.",
                    "The text for %(channel)s is %(n)s characters too long.",
                    over,
                )
                % {**name, "n": over},
                where,
            )
        if facts.needs_image and not pictures:
            block("image_missing", _("%(channel)s needs at least one picture.") % name, where)
        if pictures > facts.max_images:
            block(
                "too_many_images",
                _("%(channel)s takes at most %(n)s pictures.") % {**name, "n": facts.max_images},
                where,
            )
    return found
