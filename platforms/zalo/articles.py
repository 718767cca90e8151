"""Write articles, and read what the interface tells of them. Pure functions."""

import html
from collections.abc import Mapping
from textwrap import shorten
from typing import Any

from platforms.errors import Rejected
from platforms.messages import Image, Message, Video
from platforms.zalo.facts import AUTHOR, DESCRIPTION, VIDEO_ARTICLE, nfc
from platforms.zalo.undocumented import TAGS


def article_json(message: Message, status: str, video_id: str) -> dict[str, Any]:
    """The whole article. What is left out falls back to a default: hidden, for its state."""
    stated = {
        "status": status,
        "comment": "show" if message.options.get("comments", True) else "hide",
    }
    if message.format == VIDEO_ARTICLE:
        if not message.videos:
            raise Rejected("a video article needs a video", code="needs_video")
        shown = {"video_id": video_id, "avatar": poster_of(message.videos[0])}
        return {
            "type": "video",
            "title": nfc(message.title),
            "description": nfc(message.text),
            **shown,
            **stated,
        }
    if not message.media:
        raise Rejected("an article needs a picture", code="needs_image")
    media = list(message.media)
    cover = next(iter(message.images), media[0])
    media.remove(cover)
    article: dict[str, Any] = {
        "type": "normal",
        "title": nfc(message.title),
        "author": shorten(nfc(message.author), AUTHOR, placeholder="…"),
        "description": shorten(nfc(message.text), DESCRIPTION, placeholder="…"),
        "cover": {**_cover(cover, video_id), "status": "show"},
        "body": [
            {"type": "text", "content": html_body(message)},
            *(_block(each, video_id) for each in media),
        ],
        **stated,
    }
    return {**article, "tracking_link": message.link} if message.link else article


def html_body(message: Message) -> str:
    words = message.html or f"<p>{html.escape(message.text, quote=False)}</p>"
    for ours, theirs in TAGS:
        words = words.replace(f"<{ours}", f"<{theirs}").replace(f"</{ours}", f"</{theirs}")
    return words


def _cover(shown: Image | Video, video_id: str) -> dict[str, str]:
    if isinstance(shown, Image):
        return {"cover_type": "photo", "photo_url": shown.url}
    view = (
        "square"
        if shown.width == shown.height
        else "horizontal"
        if shown.width > shown.height
        else "vertical"
    )
    return {"cover_type": "video", "cover_view": view, "video_id": video_id}


def _block(shown: Image | Video, video_id: str) -> dict[str, str]:
    if isinstance(shown, Image):
        return {"type": "image", "url": shown.url, "caption": shown.alt}
    return {"type": "video", "video_id": video_id, "thumb": poster_of(shown)}


def poster_of(video: Video) -> str:
    if video.cover is None or not video.cover.url:
        raise Rejected("a video needs a picture that stands for it", code="needs_poster")
    return video.cover.url


def text_of(article: Mapping[str, Any], kind: str) -> list[str]:
    if kind == "video":
        return [article.get("description", "")]
    return [block["content"] for block in article.get("body", ()) if block["type"] == "text"]


def reference_to(article: str, video_id: str) -> str:
    return f"{article}/{video_id}" if video_id else article


def parts_of(reference: str) -> tuple[str, str]:
    """The article that a reference or a receipt names, and its video; empty where there is none
    yet.
    """
    article, _, video_id = ("" if ":" in reference else reference).partition("/")
    return article, video_id
