"""Write articles, and read what the interface returns of them. Pure functions."""

import html
from collections.abc import Mapping
from textwrap import shorten
from typing import Any

from platforms.errors import Rejected
from platforms.messages import Image, Message, Video
from platforms.zalo.facts import MAX_AUTHOR, VIDEO_ARTICLE, compose_letters, make_description
from platforms.zalo.undocumented import TAGS

KINDS = ("normal", "video")  # of articles, as Zalo calls them


def choose_kind(message: Message) -> str:
    return "video" if message.format == VIDEO_ARTICLE else "normal"


def make_article_json(message: Message, status: str, video_id: str) -> dict[str, Any]:
    """Write the whole article: what is left out falls back to a default, which of its status is
    hidden.
    """
    settings = {
        "status": status,
        "comment": "show" if message.options.get("comments", True) else "hide",
    }
    if message.format == VIDEO_ARTICLE:
        if not message.videos:
            raise Rejected("a video article needs a video", code="needs_video")
        return {
            "type": "video",
            "title": compose_letters(message.title),
            "description": compose_letters(message.text),
            "video_id": video_id,
            "avatar": require_poster(message.videos[0]),
            **settings,
        }
    if not message.media:
        raise Rejected("an article needs a picture", code="needs_image")
    media = list(message.media)
    cover = next(iter(message.images), media[0])
    media.remove(cover)
    article: dict[str, Any] = {
        "type": "normal",
        "title": compose_letters(message.title),
        "author": shorten(compose_letters(message.author), MAX_AUTHOR, placeholder="…"),
        "description": make_description(message.text),
        "cover": {**_make_cover(cover, video_id), "status": "show"},
        "body": [
            {"type": "text", "content": make_html_body(message)},
            *(_make_block(medium, video_id) for medium in media),
        ],
        **settings,
    }
    return {**article, "tracking_link": message.link} if message.link else article


def make_html_body(message: Message) -> str:
    """Write the body with the tags that Zalo shows."""
    body = message.html or f"<p>{html.escape(message.text, quote=False)}</p>"
    for ours, theirs in TAGS:
        body = body.replace(f"<{ours}", f"<{theirs}").replace(f"</{ours}", f"</{theirs}")
    return body


def _make_cover(medium: Image | Video, video_id: str) -> dict[str, str]:
    if isinstance(medium, Image):
        return {"cover_type": "photo", "photo_url": medium.url}
    return {"cover_type": "video", "cover_view": _choose_shape(medium), "video_id": video_id}


def _choose_shape(video: Video) -> str:
    if video.width == video.height:
        return "square"
    return "horizontal" if video.width > video.height else "vertical"


def _make_block(medium: Image | Video, video_id: str) -> dict[str, str]:
    if isinstance(medium, Image):
        return {"type": "image", "url": medium.url, "caption": medium.alt}
    return {"type": "video", "video_id": video_id, "thumb": require_poster(medium)}


def require_poster(video: Video) -> str:
    """Return the address of the picture that is shown before a video plays. Raises Rejected."""
    if video.cover is None or not video.cover.url:
        raise Rejected("a video needs a picture that stands for it", code="needs_poster")
    return video.cover.url


def list_texts(article: Mapping[str, Any], kind: str) -> list[str]:
    """Return the texts of an article as the interface returns them, in order."""
    if kind == "video":
        return [article.get("description", "")]
    return [block["content"] for block in article.get("body", ()) if block["type"] == "text"]


def make_reference(article: str, video_id: str) -> str:
    return f"{article}/{video_id}" if video_id else article


def parse_reference(reference: str) -> tuple[str, str]:
    """Return the ids of the article that a reference or a receipt names, and of its video; empty
    where there is none yet.
    """
    article, _, video_id = ("" if ":" in reference else reference).partition("/")
    return article, video_id
