"""The core of a kit in the texts of a post that came of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from campaigns.kits.models import KitVersion
from campaigns.kits.placeholders import keeps_core
from posts.canonical.html import clean, to_paragraphs, to_plain_text
from posts.models import Post, PostChannel


def kit_of(post: Post, targets: Iterable[PostChannel]) -> dict[str, Any]:
    """Return the part of the content that names the version of the post's kit and the values of its
    placeholders; empty for a post without a kit. ``core`` is the version's approved hash as
    long as the texts hold its core, and empty as soon as they do not.
    """
    if post.adoption is None:
        return {}
    version = post.adoption.version
    own = [(target.channel.platform, target.text) for target in targets]
    kept = _holds_core(version, title=post.own_title, body=post.body, own_texts=own)
    return {
        "kit": str(post.adoption.kit.public_id),
        "version": str(version.public_id),
        "core": version.content_sha256 if kept else "",
        "values": post.adoption.values,
    }


def content_holds_core(version: KitVersion, content: Mapping[str, Any]) -> bool:
    """Check that what was cut from a post, and is reviewed and published, holds the version's core:
    its texts with values in them and, where it lets a unit add lines, lines after their end.
    """
    title = content["title"] if version.title else ""  # else it came from the text
    own = [
        (channel["platform"], channel["text"])
        for channel in content["channels"]
        if channel["own_text"] and channel["text"]  # a format may show no text at all
    ]
    return _holds_core(version, title=title, body=content["body"], own_texts=own)


def _holds_core(
    version: KitVersion, *, title: str, body: str, own_texts: Iterable[tuple[str, str]]
) -> bool:
    # Both ways through the same HTML: it keeps no second blank.
    template = to_plain_text(clean(to_paragraphs(version.text)))
    if not keeps_core(version.title, title, own_lines=False):
        return False
    if not keeps_core(template, to_plain_text(body), own_lines=version.own_lines):
        return False
    return all(_is_own_text(version, platform, text) for platform, text in own_texts)


def _is_own_text(version: KitVersion, platform: str, text: str) -> bool:
    """Check a channel's own text, which in a content is followed by what every channel's is: the
    unit's name, the link, the line on AI.
    """
    if not (template := version.texts.get(platform, "")):
        return not text
    return not text or keeps_core(template, text, own_lines=True)
