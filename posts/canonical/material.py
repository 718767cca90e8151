"""Decide which channels take a post's pictures and videos: who cannot is off until it can,
unless a person switched them.
"""

from collections.abc import Iterable, Sequence

from channels import presenters
from channels.queries import facts_of
from channels.states import Kind
from platforms.limits import find_obstacles
from platforms.messages import Image, Video
from posts.models import PostChannel

Material = Sequence[Image | Video]


def is_switched_on(target: PostChannel, material: Material) -> bool:
    """Decide whether the post goes to a channel: as a person switched it, else by what it takes."""
    if target.switched is not None:
        return target.switched
    return not find_obstacles(facts_of(target.channel.platform), material, target.format)


def reasons_for_off(targets: Iterable[PostChannel], material: Material) -> dict[str, str]:
    """Return by public id why channels are off by themselves, in words that follow their name."""
    reasons = {}
    for target in targets:
        platform = target.channel.platform
        if target.is_on or target.switched_by_person:
            continue
        if obstructed := find_obstacles(facts_of(platform), material, target.format):
            name = str(Kind(platform).label)
            obstacles = presenters.describe_obstacles(obstructed, channel=name)
            reasons[str(target.channel.public_id)] = obstacles
    return reasons
