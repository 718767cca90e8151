"""Read Telegram's HTML subset byte by byte, so that error texts and offsets are the server's."""

from __future__ import annotations

import re
from typing import Any

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "a": "text_link",
    "code": "code",
    "pre": "pre", "span": "spoiler", "tg-spoiler": "spoiler", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}  # fmt: skip
SPACE = b" \t\r\n\x00\x0b"
ENTITY = re.compile(rb"&(#x[0-9a-fA-F]+|#[0-9]+|[a-zA-Z]+);?")
NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}


class EntityError(Exception):
    """Hold the text after "can't parse entities: "."""


def count_utf16_units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def decode_entity(text: bytes, at: int) -> tuple[str, int]:
    """Find the character that an HTML entity at this place means, and where it ends; empty if it is
    none."""
    match = ENTITY.match(text, at)
    if not match:
        return "", at
    name = match[1]
    if name.startswith(b"#"):
        code = int(name[2:], 16) if name[1:2] == b"x" else int(name[1:])
        return (
            (chr(code), match.end())
            if 0 < code < 0x10FFFF and not 0xD800 <= code < 0xE000
            else ("", at)
        )
    return (NAMED[name], match.end()) if name in NAMED else ("", at)


def parse(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Split into plain text and entities, offsets in UTF-16 units. Raises EntityError with the
    server's own words."""
    text = source.encode() + b"\x00"
    end = len(text) - 1
    plain: list[str] = []
    length = 0
    open_tags: list[tuple[str, str, int]] = []
    entities: list[dict[str, Any]] = []
    at = 0
    while at < end:
        if text[at : at + 1] == b"&":
            char, after = decode_entity(text, at)
            if char:
                plain.append(char)
                length += count_utf16_units(char)
                at = after
                continue
        if text[at : at + 1] != b"<":
            stop = min(
                (
                    position
                    for position in (text.find(b"<", at + 1), text.find(b"&", at + 1))
                    if position != -1
                ),
                default=end,
            )
            piece = text[at:stop].decode()
            plain.append(piece)
            length += count_utf16_units(piece)
            at = stop
            continue
        if text[at + 1 : at + 2] == b"/":
            at = close_tag(text, at, open_tags, entities, length)
        else:
            tag, argument, at = read_tag(text, at)
            open_tags.append((tag, argument, length))
    if open_tags:
        raise EntityError(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return trim("".join(plain), entities)


def read_tag(text: bytes, begin: int) -> tuple[str, str, int]:
    at = begin + 1
    while text[at] not in SPACE and text[at : at + 1] != b">":
        at += 1
    if text[at] == 0:
        raise EntityError(f"Unclosed start tag at byte offset {begin}")
    tag = text[begin + 1 : at].decode(errors="replace").lower()
    if tag not in TAGS:
        raise EntityError(f'Unsupported start tag "{tag}" at byte offset {begin}')
    argument = ""
    while text[at : at + 1] != b">":
        at = skip_space(text, at)
        if text[at : at + 1] == b">":
            break
        name_at = at
        while text[at] not in SPACE and text[at : at + 1] not in (b"=", b">"):
            at += 1
        name = text[name_at:at].decode(errors="replace").lower()
        if not name:
            raise EntityError(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        at = skip_space(text, at)
        value = ""
        if text[at : at + 1] == b"=":
            value, at = read_value(text, skip_space(text, at + 1), begin)
        if text[at] == 0:
            raise EntityError(f'Unclosed start tag "{tag}" at byte offset {begin}')
        argument = get_argument(tag, name, value) or argument
    if tag == "span" and argument != "spoiler":
        raise EntityError(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
    return tag, argument, at + 1


def get_argument(tag: str, name: str, value: str) -> str:
    match tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "unix"):
            return value
        case "code", "class" if value.startswith("language-"):
            return value.removeprefix("language-")
        case "span", "class" if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case "blockquote", "expandable":
            return "expandable"
    return ""


def skip_space(text: bytes, at: int) -> int:
    while text[at] != 0 and text[at] in SPACE:
        at += 1
    return at


def read_value(text: bytes, at: int, begin: int) -> tuple[str, int]:
    quote = text[at : at + 1]
    if quote not in (b"'", b'"'):
        stop = at
        while (chr(text[stop]).isalnum() and text[stop] < 128) or text[stop : stop + 1] in (
            b".",
            b"-",
        ):
            stop += 1
        if text[stop] not in SPACE and text[stop : stop + 1] != b">":
            raise EntityError(f"Unexpected end of name token at byte offset {at}")
        return text[at:stop].decode().lower(), stop
    stop = text.find(quote, at + 1)
    if stop == -1:
        raise EntityError(f"Unclosed start tag at byte offset {begin}")
    raw, value, here = text[at + 1 : stop], "", 0
    while here < len(raw):
        char, after = decode_entity(raw, here) if raw[here : here + 1] == b"&" else ("", here)
        if not char:
            after = raw.find(b"&", here + 1)
            after = len(raw) if after == -1 else after
            char = raw[here:after].decode(errors="replace")
        value, here = value + char, after
    return value, stop + 1


def close_tag(
    text: bytes,
    begin: int,
    open_tags: list[tuple[str, str, int]],
    entities: list[dict[str, Any]],
    length: int,
) -> int:
    if not open_tags:
        raise EntityError(f"Unexpected end tag at byte offset {begin}")
    at = begin + 2
    while text[at] not in SPACE and text[at : at + 1] != b">":
        at += 1
    name = text[begin + 2 : at].decode(errors="replace")
    at = skip_space(text, at)
    if text[at : at + 1] != b">":
        raise EntityError(f"Unclosed end tag at byte offset {begin}")
    tag, argument, start = open_tags.pop()
    if name and name != tag:
        raise EntityError(
            f'Unmatched end tag at byte offset {begin}, expected "</{tag}>", found "</{name}>"'
        )
    add_entity(entities, tag, argument, start, length, open_tags)
    return at + 1


def add_entity(
    entities: list[dict[str, Any]],
    tag: str,
    argument: str,
    start: int,
    end: int,
    open_tags: list[tuple[str, str, int]],
) -> None:
    """Add an entity: empty ones vanish, a link to no usable address is text, `code` just within
    `pre` is its language."""
    entity: dict[str, Any] = {"offset": start, "length": end - start, "type": TAGS[tag]}
    if end == start or (tag == "a" and not re.match(r"(https?|tg|mailto|tel):", argument)):
        return
    if tag == "a":
        entity["url"] = argument
    elif tag == "blockquote" and argument:
        entity["type"] = "expandable_blockquote"
    elif tag == "tg-emoji":
        entity["custom_emoji_id"] = argument
    elif tag == "code" and argument and open_tags and open_tags[-1][0] == "pre":
        entity |= {"type": "pre", "language": argument}
    entities.append(entity)


def trim(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Strip white space at either end; entities move along and are cut to what is left. At most a
    hundred count."""
    shift = len(text) - len(text.lstrip())
    text = text.strip()
    length = count_utf16_units(text)
    inside = []
    for entity in sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])):
        start = max(0, entity["offset"] - shift)
        stop = min(length, entity["offset"] + entity["length"] - shift)
        if stop > start:
            inside.append(entity | {"offset": start, "length": stop - start})
    return text, inside[:100]


def to_html(text: str, entities: list[dict[str, Any]], escape: Any) -> str:
    """Write text with entities for a browser: bold, italics, underline, strike, code, quotes and
    links alone."""
    units = text.encode("utf-16-le")
    marks: dict[int, list[str]] = {}
    tags = {
        "bold": "b",
        "italic": "i",
        "underline": "u",
        "strikethrough": "s",
        "code": "code",
        "pre": "code",
        "blockquote": "q",
    }
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if entity["type"] == "text_link":
            href = (
                escape(entity["url"]) if entity["url"].startswith(("http://", "https://")) else "#"
            )
            opening, closing = f'<a href="{href}" rel="nofollow">', "</a>"
        elif entity["type"] in tags:
            opening, closing = f"<{tags[entity['type']]}>", f"</{tags[entity['type']]}>"
        else:
            continue
        marks.setdefault(start, []).append(opening)
        marks.setdefault(end, []).insert(0, closing)
    parts, last = [], 0
    for at in sorted(marks):
        parts += [escape(units[last * 2 : at * 2].decode("utf-16-le", "replace")), *marks[at]]
        last = at
    return "".join(parts) + escape(units[last * 2 :].decode("utf-16-le", "replace"))
