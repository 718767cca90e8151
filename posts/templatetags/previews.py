"""What posts/_channel_preview.html needs to show a text as a platform does."""

import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe

from channels import wording
from channels.queries import facts_of
from channels.states import Kind
from posts import content
from posts.captions import spoken
from posts.checks.base import Finding, Severity

register = template.Library()

# Where a platform folds a text behind "See more", in characters and lines, as seen in 2026: no figure is published.
FOLDS = {"facebook": (477, 5), "instagram": (125, 3), "tiktok": (90, 2), "youtube": (157, 3)}
# How a format looks, where it does not look like a post on the platform's timeline.
LOOKS = {
    ("youtube", "video"): "watch",
    ("zalo", "article"): "article",
    ("zalo", "video_article"): "article",
    ("instagram", "post"): "carousel",
    ("tiktok", "photo"): "carousel",
    ("telegram", "message"): "message",
}
UPRIGHT = {"reel", "story", "photo_story", "video_story", "inbox"}
SHORT = 180  # seconds: YouTube shows an upright video up to then as a Short


class Folded(NamedTuple):
    head: str
    rest: str


class View(NamedTuple):
    """One channel of a content as it will look. ``kind``: the format's name; ``options``: label and value, in words;
    ``labelled``: the platform's own label says that AI made it."""

    look: str
    kind: str
    shots: list[dict[str, Any]]
    folded: Folded
    options: list[tuple[str, str]]
    labelled: bool
    shows_text: bool
    captions: list[str]


@register.filter
def seen_on(content_: dict[str, Any], target: dict[str, Any]) -> View:
    """What residents see of a content on one of its ``channels``. Also of contents older than formats and videos."""
    platform, name = target["platform"], target.get("format", "")
    forms = {form.name: form for form in facts_of(platform).formats}
    form = forms.get(name) or next(iter(forms.values()))
    kind = name or form.name
    shots = content.media_for(content_, target)
    films = [shot for shot in shots if "video" in shot]
    look = "upright" if kind in UPRIGHT else LOOKS.get((platform, kind), "timeline")
    if films and _is_upright(films[0]):
        if platform == "tiktok" or (platform == "youtube" and films[0]["seconds"] <= SHORT):
            look = "upright"
    elif platform == "tiktok" and kind == "video":
        look = "upright"
    return View(
        look=look,
        kind=wording.format_name(kind),
        shots=shots,
        folded=folded(target["text"], platform),
        options=wording.decided(target.get("options", {})),
        labelled=bool(content_.get("ai_made")) and form.labels_ai,
        shows_text=bool(form.max_text),
        captions=[spoken(film["captions"]) for film in films if film["captions"]],
    )


def _is_upright(film: dict[str, Any]) -> bool:
    return bool(film["height"] > film["width"])


@register.filter
def folded(text: str, platform: str = "facebook") -> Folded:
    """The text up to the platform's fold, at a word's end, and the rest."""
    if platform not in FOLDS:
        return Folded(text, "")
    characters, most_lines = FOLDS[platform]
    cut = len(text)
    lines = text.split("\n")
    if len(lines) > most_lines:
        cut = len("\n".join(lines[:most_lines]))
    if cut > characters:
        cut = max(text.rfind(" ", 0, characters), text.rfind("\n", 0, characters))
        cut = characters if cut <= 0 else cut
    return Folded(text[:cut], text[cut:].lstrip("\n"))


@register.filter
def clock(seconds: float) -> str:
    """83.4 → 1:23, as players show it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def warnings(findings: list[Finding]) -> list[Finding]:
    """Those that stand in nobody's way."""
    return [finding for finding in findings if finding.severity == Severity.WARN]


@register.filter
def by_platform(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A content's channels as people read them; the content itself has them in the order of their keys."""
    return sorted(targets, key=lambda target: Kind.values.index(target["platform"]))


@register.filter
def platform_name(platform: str) -> str:
    return Kind(platform).label


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value)


@register.filter
def as_article(body: str) -> SafeString:
    """An article's HTML, cleaned once more on its way to a colleague's browser."""
    return mark_safe(content.clean(body))  # noqa: S308


@register.filter
def marked(target: dict[str, Any]) -> SafeString:
    """A channel's text with its marks, as the platform's own markup puts them."""
    form = facts_of(target["platform"]).format(target.get("format", ""))
    markup = form.markup(target["html"]) if form.markup else ""
    return mark_safe(nh3.clean(markup, tags={"b", "i", "u", "a"}, attributes={"a": {"href"}}))  # noqa: S308


@register.filter
def host(link: str) -> str:
    return urlsplit(link).hostname or link


@register.filter
def get(values: dict[str, Any], key: Any) -> Any:
    """``values[key]`` for a key that is itself a variable."""
    return values.get(str(key))
