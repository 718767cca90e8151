"""Rules on what every post has to have."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from posts.checks.base import Draft, Finding, block


def check_title(draft: Draft) -> Iterator[Finding]:
    if not draft.content["title"] and draft.text:  # else the text is what is missing
        yield block("title_missing", _("The title is missing."), "title")


def check_text(draft: Draft) -> Iterator[Finding]:
    if not draft.text:
        yield block("body_missing", _("The text is missing."), "body")


def check_topic(draft: Draft) -> Iterator[Finding]:
    if not draft.content["topic"]:
        yield block("topic_missing", _("The topic is missing."), "topic")


def check_channel(draft: Draft) -> Iterator[Finding]:
    if draft.content["channels"]:
        return
    if draft.unfit:
        template = _(
            "No channel takes this post yet. %(reasons)s. Add what they take, or switch a "
            "channel on."
        )
        message = template % {"reasons": "; ".join(draft.unfit)}
    else:
        message = _("No channel is chosen. Switch one on.")
    yield block("channel_missing", message, "channels")
