"""Write a post as the Bot API's methods take it. Pure functions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from platforms.facts import Format
from platforms.limits import extract_visible_text, get_text_limit
from platforms.messages import Account, Image, Message, Video
from platforms.multipart import Form
from platforms.telegram.facts import RICH
from platforms.telegram.markup import to_rich_html, to_rich_paragraphs, to_telegram_html

# Texts are refused above this size with their tags, however few letters are left of them.
_MAX_MARKUP_BYTES = 32_768
# A thumbnail of other measures is left out rather than refused.
_MAX_THUMBNAIL_SIDE, _MAX_THUMBNAIL_BYTES = 320, 200_000


def make_text_fields(form: Format, message: Message) -> dict[str, Any]:
    """Return the fields of a text message, with markup where the officers used any and it is not
    too long.
    """
    if form.name == RICH and message.html:
        return {"rich_message": {"html": to_rich_html(message.html)}}
    markup = to_telegram_html(message.html) if message.html else ""
    if not markup or len(markup.encode()) > _MAX_MARKUP_BYTES:
        return make_plain_text_fields(form, message)
    return {"text": markup, "parse_mode": "HTML"}


def make_plain_text_fields(form: Format, message: Message) -> dict[str, Any]:
    """Return the fields of a text message without markup. Links show their addresses, unless there
    is no room for them.
    """
    if form.name == RICH:
        return {"rich_message": {"html": to_rich_paragraphs(message.text)}}
    fits = form.count(message.text) <= get_text_limit(form, media=len(message.media))
    return {
        "text": message.text if fits else extract_visible_text(form, message.text, message.html)
    }


def make_link_preview(message: Message) -> dict[str, Any]:
    """Return the options by which Telegram shows a card of the post's own link, else of the first
    one in the text; or none where the author wants none.
    """
    if not message.options.get("link_preview", True):
        return {"is_disabled": True}
    return {"url": message.link} if message.link else {}


def make_photo_form(fields: Mapping[str, str], texts: Mapping[str, str], image: Image) -> Form:
    form = Form({**fields, **_to_caption(texts)})
    form.add("photo", image)
    return form


def make_video_form(fields: Mapping[str, str], texts: Mapping[str, str], video: Video) -> Form:
    previews = _make_previews(video)
    form = Form({**fields, **_to_caption(texts), **_make_video_fields(video, previews)})
    form.add("video", video)
    for name, image in previews.items():
        form.add(name, image)
    return form


def make_album_form(
    fields: Mapping[str, str], texts: Mapping[str, str], media: Sequence[Image | Video]
) -> Form:
    """Write several media as one album. The caption of the first item is shown under the whole
    album, as long as it is the only one.
    """
    items: list[dict[str, Any]] = []
    files: dict[str, Image | Video] = {}
    for number, medium in enumerate(media):
        item: dict[str, Any] = {"type": "photo", "media": f"attach://m{number}"}
        files[f"m{number}"] = medium
        if isinstance(medium, Video):
            previews = _make_previews(medium, str(number))
            item |= {"type": "video", **_make_video_fields(medium, previews)}
            files |= previews
        items.append(item)
    items[0] |= _to_caption(texts)
    form = Form({**fields, "media": json.dumps(items)})
    for name, file in files.items():
        form.add(name, file)
    return form


def make_permalink(account: Account, message_id: str) -> str:
    """Return the address of a message, which no answer contains. That of a channel without a name
    opens for its members only.
    """
    channel = account.handle or f"c/{account.external_id.removeprefix('-100')}"
    return f"{account.app['link_url']}/{channel}/{message_id}"


def _to_caption(texts: Mapping[str, str]) -> dict[str, str]:
    return {"caption" if name == "text" else name: value for name, value in texts.items()}


def _make_video_fields(video: Video, previews: Mapping[str, Image]) -> dict[str, Any]:
    """Return what Telegram does not find out by itself before it shows a video."""
    size = {"width": video.width, "height": video.height, "duration": max(1, round(video.seconds))}
    attached = {name.rstrip("0123456789"): f"attach://{name}" for name in previews}
    return {**size, "supports_streaming": True, **attached}


def _make_previews(video: Video, number: str = "") -> dict[str, Image]:
    """Return the picture that is shown before a video plays, by the name of its file: as the
    thumbnail where it is small enough for one, else as the cover.
    """
    cover = video.cover
    if cover is None or not cover.content:
        return {}
    is_light = cover.content_type == "image/jpeg" and len(cover.content) < _MAX_THUMBNAIL_BYTES
    if is_light and 0 < max(cover.width, cover.height) <= _MAX_THUMBNAIL_SIDE:
        return {f"thumbnail{number}": cover}
    return {f"cover{number}": cover}
