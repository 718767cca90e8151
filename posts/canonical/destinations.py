"""The channels to which a post goes, and those to which it does not by itself."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from channels.queries import facts_of
from channels.states import Kind, platform_rank
from platforms.limits import is_missing_picture
from posts.canonical import content, material
from posts.models import PostChannel, PostMedia


class LeftOut(NamedTuple):
    """A channel to which the post does not go by itself; ``is_missing_picture``: with
    one picture it would.
    """

    channel: str
    reason: str
    is_missing_picture: bool


def describe_destinations(
    targets: Sequence[PostChannel], pictures: Sequence[PostMedia]
) -> dict[str, Any]:
    """Return by name where the post goes, and where it does not by itself (``unfit``: why, by
    channel): nobody is to find out afterwards.
    """
    media = content.media_for_limits(pictures)
    unfit = material.reasons_for_off(targets, media)
    pages = Counter(target.channel.platform for target in targets)
    goes_to, left_out = [], []
    for target in sorted(targets, key=lambda target: platform_rank(target.channel.platform)):
        channel = target.channel
        name = str(Kind(channel.platform).label)
        if pages[channel.platform] > 1:
            name = content.channel_name({"platform": channel.platform, "name": channel.name})
        if target.is_on:
            goes_to.append(name)
        elif why := unfit.get(str(channel.public_id)):
            left_out.append(
                LeftOut(name, why, is_missing_picture(facts_of(channel.platform), media))
            )
    return {
        "unfit": unfit,
        "goes_to": goes_to,
        "left_out": left_out,
        "is_missing_picture": any(channel.is_missing_picture for channel in left_out),
    }
