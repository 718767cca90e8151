"""What a page's own settings leave of the options just now: asked live while an author chooses, and again before the
post goes to the approver. Never inside a transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from channels import wording
from channels.connectors import CONNECTORS
from channels.connectors.base import Connector, ConnectorError
from channels.models import Channel
from channels.network import ask
from channels.queries import account_of
from channels.states import Health
from channels.vault import Unsealable
from posts import content
from posts.models import Post

LONGEST = 8.0  # seconds: somebody waits for it


def asks(channel: Channel) -> bool:
    """Whether the page's own settings decide what may be chosen."""
    return CONNECTORS[channel.platform].choices is not Connector.choices and channel.health == Health.CONNECTED


def left(channel: Channel) -> Mapping[str, Sequence[str]] | None:
    """Option → the values that may be chosen now; None where the platform does not answer."""
    try:
        account = account_of(channel)
        return ask(channel.platform, lambda connector: asyncio.wait_for(connector.choices(account), LONGEST))
    except (ConnectorError, TimeoutError, Unsealable):
        return None


def refused(post: Post) -> list[str]:
    """What a page does not allow of what was chosen for it, in words. A platform that does not answer refuses nothing:
    it is asked once more when the post goes out."""
    channels = {str(t.channel.public_id): t.channel for t in post.targets.select_related("channel")}
    asked = [channel for channel in channels.values() if asks(channel)]
    if not asked:
        return []
    composed = content.compose(post)
    said = []
    for target in composed["channels"]:
        channel = channels[target["channel"]]
        if channel not in asked or not target.get("options"):
            continue
        open_to_it = left(channel) or {}
        name = content.channel_name(target)
        said += [
            _sentence(name, option, value)
            for option, value in target["options"].items()
            if not _may(open_to_it, option, value)
        ]
        longest = longest_of(open_to_it)
        if longest and any(medium.get("seconds", 0) > longest for medium in content.media_for(composed, target)):
            words = _("%(channel)s takes videos of at most %(longest)s. Cut the video, or leave this channel out.")
            said.append(words % {"channel": name, "longest": wording.span_of(longest)})
    return said


def longest_of(open_to_it: Mapping[str, Sequence[str]]) -> float:
    """Seconds that a video may last on the page by its own settings; 0: not said."""
    return max((float(each) for each in open_to_it.get("max_seconds", ())), default=0)


def _may(open_to_it: Mapping[str, Sequence[str]], option: str, value: Any) -> bool:
    if option not in open_to_it or value is False:
        return True
    return bool(open_to_it[option]) if value is True else value in open_to_it[option]


def _sentence(channel: str, option: str, value: Any) -> str:
    words = wording.option_words(option)
    if value is True:
        return _("%(channel)s does not allow this: %(option)s. Take the tick away.") % {
            "channel": channel,
            "option": words.label,
        }
    return _("%(channel)s does not allow this now: %(option)s “%(choice)s”. Choose again.") % {
        "channel": channel,
        "option": words.label,
        "choice": words.choices.get(value, value),
    }
