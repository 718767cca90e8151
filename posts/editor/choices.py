"""The options that a page's own settings allow now: queried live while an author chooses, and again
before the post is submitted. Never inside a transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from channels import presenters
from channels.models import Channel
from channels.queries import account_of
from channels.states import Health
from core.sealing import Unsealable
from platforms import client
from platforms.connector import Connector
from platforms.errors import ConnectorError
from platforms.registry import CONNECTORS
from posts.canonical import content
from posts.models import Post

LONGEST = 8.0  # seconds: somebody waits for it
# By channel, what `allowed_values` returned.
Answers = dict[int, Mapping[str, Sequence[str]] | None]


def asks_platform(channel: Channel) -> bool:
    """Check whether the page's own settings decide what may be chosen."""
    return (
        CONNECTORS[channel.platform].available_choices is not Connector.available_choices
        and channel.health == Health.CONNECTED
    )


def allowed_values(channel: Channel) -> Mapping[str, Sequence[str]] | None:
    """Return, by option, the values that may be chosen now; None where the platform does not
    answer.
    """
    try:
        account = account_of(channel)
        return client.call(
            channel.platform, lambda c: c.available_choices(account), writes=False, seconds=LONGEST
        )
    except (ConnectorError, Unsealable):
        return None


def refused_choices(post: Post, *, answers: Answers | None = None) -> list[str]:
    """List the choices that the page does not allow, in words. A platform that does not answer
    refuses nothing: it is asked again when the post is published.

    Who submits many posts passes the same ``answers`` for each: every page is asked once.
    """
    answers = {} if answers is None else answers
    channels = {str(t.channel.public_id): t.channel for t in post.targets.select_related("channel")}
    asked = [channel for channel in channels.values() if asks_platform(channel)]
    if not asked:
        return []
    composed = content.compose(post)
    refusals = []
    for target in composed["channels"]:
        channel = channels[target["channel"]]
        if channel not in asked or not target.get("options"):
            continue
        if channel.pk not in answers:
            answers[channel.pk] = allowed_values(channel)
        open_to_it = answers[channel.pk] or {}
        name = content.channel_name(target)
        refusals += [
            _refusal_text(name, option, value)
            for option, value in target["options"].items()
            if not _is_allowed(open_to_it, option, value)
        ]
        longest = longest_video(open_to_it)
        if longest and any(
            medium.get("seconds", 0) > longest for medium in content.media_for(composed, target)
        ):
            message = _(
                "%(channel)s takes videos of at most %(longest)s. Cut the video, or "
                "leave this channel out."
            )
            refusals.append(
                message % {"channel": name, "longest": presenters.format_duration(longest)}
            )
    return refusals


def longest_video(open_to_it: Mapping[str, Sequence[str]]) -> float:
    """Return how many seconds a video may last by the page's own settings; 0: not set."""
    return max((float(seconds) for seconds in open_to_it.get("max_seconds", ())), default=0)


def _is_allowed(open_to_it: Mapping[str, Sequence[str]], option: str, value: Any) -> bool:
    if option not in open_to_it or value is False:
        return True
    return bool(open_to_it[option]) if value is True else value in open_to_it[option]


def _refusal_text(channel: str, option: str, value: Any) -> str:
    term = presenters.describe_option(option)
    if value is True:
        return _("%(channel)s does not allow this: %(option)s. Take the tick away.") % {
            "channel": channel,
            "option": term.label,
        }
    return _("%(channel)s does not allow this now: %(option)s “%(choice)s”. Choose again.") % {
        "channel": channel,
        "option": term.label,
        "choice": term.choices.get(value, value),
    }
