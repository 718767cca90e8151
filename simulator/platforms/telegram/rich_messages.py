"""Read rich messages as far as the portal writes them: paragraphs of text with marks and links."""

from __future__ import annotations

import re
from typing import Any

from simulator.platforms.telegram.html import EntityError
from simulator.platforms.telegram.html import parse as parse_marks

PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
KINDS = {"text_link": "url"}  # what an entity is called as a part of a rich text


def parse(source: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Split into paragraphs, each as plain text with its entities."""
    if rest := PARAGRAPH.sub("", source).strip():
        raise EntityError(f"Unsupported content outside of a paragraph: {rest[:40]}")
    return [parse_marks(paragraph) for paragraph in PARAGRAPH.findall(source)]


def to_rich_text(text: str, entities: list[dict[str, Any]]) -> Any:
    """Write a paragraph's text as a RichText: itself, or its parts in order."""
    units, at = text.encode("utf-16-le"), 0
    parts: list[Any] = []
    for entity in sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])):
        if entity["offset"] < at:
            continue  # a mark within another: only the outer one is shown
        end = entity["offset"] + entity["length"]
        parts.append(units[2 * at : 2 * entity["offset"]].decode("utf-16-le"))
        part = {
            "type": KINDS.get(entity["type"], entity["type"]),
            "text": units[2 * entity["offset"] : 2 * end].decode("utf-16-le"),
        }
        parts.append(part | ({"url": entity["url"]} if "url" in entity else {}))
        at = end
    parts.append(units[2 * at :].decode("utf-16-le"))
    parts = [part for part in parts if part]
    return parts[0] if len(parts) == 1 else parts
