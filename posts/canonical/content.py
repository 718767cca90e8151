"""The canonical form of a post: what is reviewed, hashed and sent.

One place makes it, so that preview and publication agree.
"""

import hashlib
import html
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from channels.queries import facts_of
from channels.states import Kind
from core.text import fold, normalise
from platforms.facts import Format
from platforms.limits import choose_format, choose_longer_format, select_shown_media
from platforms.messages import Image, Message, Video
from posts.canonical import corrections
from posts.canonical.html import MARKS, to_paragraphs, to_plain_text
from posts.canonical.kits import kit_of
from posts.canonical.legal_basis import describe_legal_basis
from posts.models import Post, PostChannel, PostMedia

# Residents read it: it is part of what is approved and hashed, so it is Vietnamese in the text
# itself.
AI_LINE = "Nội dung có sử dụng trí tuệ nhân tạo (AI)."


def add_unit_name(text: str, unit_name: str) -> str:
    """Add a last line with the unit's name where the text lacks it: every post names its unit."""
    return text if fold(unit_name) in fold(text) else f"{text}\n\n{unit_name}".strip()


def compose_text(
    form: Format,
    *,
    title: str,
    body: str,
    override: str,
    link: str,
    unit_name: str,
    first: str = "",
    ai_made: bool = False,
) -> dict[str, str]:
    """Return the texts of one channel: ``text`` is complete where the platform shows one text,
    ``html`` for articles, and for the same text with its marks where the platform shows them and
    the officers made any.

    ``first`` is a correction's line on what it corrects: it stands before everything, and no edit
    takes it away. What AI made is said by the platform's own label, or else by a line of ours.
    """
    own = normalise(override).strip()
    plain_text = own or to_plain_text(body)
    if ai_made and not form.labels_ai and (form.max_text or form.article):
        plain_text, body, own = (
            f"{plain_text}\n\n{AI_LINE}",
            f"{body}<p>{AI_LINE}</p>",
            own and f"{own}\n\n{AI_LINE}",
        )
    if form.article:
        paragraphs = to_paragraphs(own) if own else body
        if first:
            plain_text, paragraphs = (
                f"{first}\n\n{plain_text}".strip(),
                f"<p><strong>{html.escape(first)}</strong></p>{paragraphs}",
            )
        if link and link not in html.unescape(paragraphs):
            address = html.escape(link)
            paragraphs += f'<p><a href="{address}">{address}</a></p>'
        if fold(unit_name) not in fold(plain_text):
            paragraphs += f"<p>{html.escape(unit_name)}</p>"
        return {"text": add_unit_name(plain_text, unit_name), "html": paragraphs}
    if not form.max_text:
        return {"text": "", "html": ""}
    if form.max_title:  # shown above the text
        text = f"{first}\n\n{plain_text}".strip()
    else:  # a correction's line says more than its title, which would only repeat it
        text = (
            f"{first}\n\n{plain_text}".strip()
            if first
            else own or f"{title}\n\n{plain_text}".strip()
        )
    whole = add_unit_name(text, unit_name)
    if link and form.takes_link and link not in whole:
        whole = f"{whole}\n\n{link}"
    if form.markup and not own and MARKS.search(body):
        head = first or ("" if form.max_title else title)
        rest = whole.removeprefix(
            text
        ).strip()  # the unit and the link, where the text names them not
        paragraphs = f"<p><strong>{html.escape(head)}</strong></p>{body}" if head else body
        return {"text": whole, "html": f"{paragraphs}{to_paragraphs(rest)}"}
    return {"text": whole, "html": ""}


def compose(
    post: Post,
    *,
    targets: Sequence[PostChannel] | None = None,
    pictures: Sequence[PostMedia] | None = None,
) -> dict[str, Any]:
    """Compose the working copy in canonical form. It takes two queries, for a correction some more;
    ``post.unit`` and ``post.topic`` should be loaded.

    ``targets`` and ``pictures`` in their order, where the caller has them: rows of a post that is
    not stored yet.
    """
    corrected = corrections.published_trace(post.corrects) if post.corrects else None
    if targets is None:
        targets = list(post.targets.select_related("channel"))
    if pictures is None:
        pictures = list(post.pictures.select_related("media").order_by("position", "pk"))
    targets = sorted(
        (target for target in targets if target.is_on),
        key=lambda target: str(target.channel.public_id),
    )
    media = [_compose_medium(picture) for picture in pictures]
    title = normalise(post.title).strip()
    return {
        "title": title,
        "body": post.body,
        "link": post.link,
        "topic": post.topic.code if post.topic else "",
        "valid_until": post.valid_until.isoformat() if post.valid_until else "",
        # Only where they are set: what was hashed before there were such things keeps its hash. The
        # names of all keys are hashed and approved with the rest: they stay as they are.
        **({"urgent": True} if post.urgent else {}),
        **({"ai_made": True} if post.ai_made else {}),
        **({"corrects": str(post.corrects.public_id)} if post.corrects else {}),
        **({"legal": legal} if (legal := describe_legal_basis(post)) else {}),
        **({"source": source} if (source := normalise(post.source).strip()) else {}),
        **({"kit": kit} if (kit := kit_of(post, targets)) else {}),
        "unit": post.unit.name,
        "channels": [
            _compose_target(
                t,
                media,
                # The text says it already.
                title="" if post.title_from_text else title,
                body=post.body,
                override=t.text,
                link=post.link,
                unit_name=post.unit.name,
                first=corrected.line(str(t.channel.public_id)) if corrected else "",
                ai_made=post.ai_made,
            )
            for t in targets
        ],
        "media": media,
    }


def media_for_limits(pictures: Iterable[PostMedia]) -> list[Image | Video]:
    """Describe a post's media as the platforms' limits see them."""
    return [to_platform_medium(_compose_medium(picture)) for picture in pictures]


def _compose_medium(picture: PostMedia) -> dict[str, Any]:
    media = picture.media
    entry = {
        "media": str(media.public_id),
        "sha256": media.sha256,
        "alt": normalise(picture.alt_text).strip(),
        "width": media.width,
        "height": media.height,
    }
    if not media.is_video:
        return entry
    return entry | {
        "video": media.content_type,
        "size": media.size,
        "seconds": round(media.seconds, 2),
        "fps": round(media.fps, 2),
        "codec": media.codec,
        "poster_sha256": media.poster_sha256,
        "captions": picture.captions,
    }


def _compose_target(
    target: PostChannel, media: list[dict[str, Any]], **arguments: Any
) -> dict[str, Any]:
    facts = facts_of(target.channel.platform)
    all_media = [to_platform_medium(entry) for entry in media]
    # One that the platform no longer has falls back to what fits.
    requested = target.format if target.format in {form.name for form in facts.offered} else ""
    if target.format_as_before:
        form = choose_format(facts, all_media, usual=requested)
    else:
        form = choose_format(facts, all_media, requested)
    shown_media = select_shown_media(form, all_media)
    texts = compose_text(form, **arguments)
    longer = choose_longer_format(facts, form, texts["text"], texts["html"], media=shown_media)
    if longer != form:
        form, texts = longer, compose_text(longer, **arguments)
    carried = [medium.sha256 for medium in shown_media]
    return {
        "channel": str(target.channel.public_id),
        "platform": target.channel.platform,
        "name": target.channel.name,
        "own_text": bool(target.text.strip()),
        # The first format of a platform is what there was before there were others.
        **({"format": form.name} if form != facts.formats[0] else {}),
        **({"media": carried} if len(carried) < len(media) else {}),
        **({"options": options} if (options := complete_options(form, target.options)) else {}),
        **texts,
    }


def complete_options(form: Format, decided: Mapping[str, Any]) -> dict[str, Any]:
    """Return every option of the format with its value, untouched ones included: defaults change,
    and what was approved stays. Leave out those that are still to be chosen.
    """
    values = {option.name: decided.get(option.name, option.default) for option in form.options}
    return {name: value for name, value in values.items() if value is not None}


def to_platform_medium(entry: Mapping[str, Any]) -> Image | Video:
    """Convert an entry of a content's ``media`` to the connectors' type, without its bytes."""
    if "video" not in entry:
        return Image(
            b"", "", entry["sha256"], entry["alt"], width=entry["width"], height=entry["height"]
        )
    return Video(
        sha256=entry["sha256"],
        content_type=entry["video"],
        size=entry["size"],
        seconds=entry["seconds"],
        width=entry["width"],
        height=entry["height"],
        fps=entry["fps"],
        codec=entry["codec"],
        alt=entry["alt"],
        captions=entry["captions"],
    )


def target_of(content: Mapping[str, Any], channel_id: uuid.UUID) -> dict[str, Any] | None:
    """Return what a content shows on one channel; None where it is not for that channel."""
    key = str(channel_id)
    return next((target for target in content["channels"] if target["channel"] == key), None)


def media_for(content: Mapping[str, Any], target: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a content's ``media`` that one of its channels shows, in order."""
    carried = target.get("media")
    return [entry for entry in content["media"] if carried is None or entry["sha256"] in carried]


def build_message(
    content: Mapping[str, Any], target: Mapping[str, Any], *, key: str, media: Any = None
) -> Message:
    """Build the message of one channel of a content. ``media``: with bytes or addresses; without
    it, media are only described.
    """
    if media is None:
        media = [to_platform_medium(entry) for entry in media_for(content, target)]
    return Message(
        key=key,
        title=content["title"],
        text=target["text"],
        html=target["html"],
        link=content["link"],
        media=media,
        author=content["unit"],
        format=target.get("format", ""),
        options=target.get("options", {}),
        ai_made=content.get("ai_made", False),
    )


def channel_name(target: Mapping[str, Any]) -> str:
    """Name a channel so that people can tell it apart: a unit's pages often have one name on all
    platforms.
    """
    return f"{Kind(target['platform']).label} {target['name']}"


def digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON: texts, each channel's text, media hashes in order,
    and the channels.
    """
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
