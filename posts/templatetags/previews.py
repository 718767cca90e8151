"""Tags by which posts/_channel_preview.html shows a text as a platform does."""

import json
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from channels import presenters
from channels.queries import facts_of
from channels.states import Kind, platform_rank
from media.captions import plain_text
from platforms.facts import Format
from posts.canonical import content
from posts.canonical.folding import Folded, fold_text
from posts.canonical.html import clean
from posts.canonical.legal_basis import legal_basis_text
from posts.checks.base import Finding, Severity
from posts.checks.leak_words import rule_name
from posts.checks.privacy import PREFIX

register = template.Library()

# How a format looks, where it does not look like a post on the platform's timeline.
LOOKS = {
    ("youtube", "video"): "watch",
    ("zalo", "article"): "article",
    ("zalo", "video_article"): "article",
    ("instagram", "post"): "carousel",
    ("tiktok", "photo"): "carousel",
    ("telegram", "message"): "message",
    ("telegram", "rich_message"): "message",
    ("threads", "long_text"): "attachment",
}
UPRIGHT = {"reel", "story", "photo_story", "video_story", "inbox"}
SHORT = 180  # seconds: YouTube shows an upright video up to then as a Short


class Marker(Protocol):
    """Puts marks into a rendered text, see posts.discussion.marks."""

    def put_in(self, rendered: str) -> SafeString: ...


class View(NamedTuple):
    """One channel of a content as it will look. ``kind``: the format's name; ``options``: label and
    value, in words; ``labelled``: the platform's own label marks it as made by AI.
    """

    look: str
    kind: str
    shots: list[dict[str, Any]]
    folded: Folded
    options: list[tuple[str, str]]
    labelled: bool
    shows_text: bool
    captions: list[str]
    lead: str  # what is shown of the text once more, before it
    left_out: list[str]  # what residents do not see here, in words


@register.filter
def commented(rendered: SafeString, marks: Marker | None) -> SafeString:
    """Mark the words that comments are about; without ``marks`` return what was rendered."""
    return marks.put_in(rendered) if marks else rendered


@register.filter
def blocks(by_place: dict[str, list[Finding]], where: str) -> bool:
    """Check whether something about a channel, or one of its options, stands in the way."""
    return any(
        finding.severity == Severity.BLOCK
        for place, findings in by_place.items()
        if place.startswith(where)
        for finding in findings
    )


@register.filter
def seen_on(content_: dict[str, Any], target: dict[str, Any]) -> View:
    """Return what residents see of a content on one of its ``channels``. It reads contents older
    than formats and videos, too.
    """
    platform, name = target["platform"], target.get("format", "")
    forms = {form.name: form for form in facts_of(platform).formats}
    form = forms.get(name) or next(iter(forms.values()))
    kind = name or form.name
    shots = content.media_for(content_, target)
    videos = [shot for shot in shots if "video" in shot]
    look = "upright" if kind in UPRIGHT else LOOKS.get((platform, kind), "timeline")
    if videos and videos[0]["height"] > videos[0]["width"]:
        if platform == "tiktok" or (platform == "youtube" and videos[0]["seconds"] <= SHORT):
            look = "upright"
    elif platform == "tiktok" and kind == "video":
        look = "upright"
    return View(
        look=look,
        kind=presenters.format_name(kind),
        shots=shots,
        folded=fold_text(target["text"], facts_of(platform).fold),
        options=presenters.describe_options(target.get("options", {})),
        labelled=bool(content_.get("ai_made")) and form.labels_ai,
        shows_text=bool(form.max_text),
        captions=[plain_text(video["captions"]) for video in videos if video["captions"]],
        lead=form.lead(target["text"]) if form.lead else "",
        left_out=_describe_left_out(content_, shots, form),
    )


def _describe_left_out(
    content_: dict[str, Any], shots: list[dict[str, Any]], form: Format
) -> list[str]:
    """Say what of the post is not shown in this format."""
    texts = []
    if missing := [medium for medium in content_["media"] if medium not in shots]:
        videos = sum("video" in medium for medium in missing)
        media = presenters.describe_media_counts(len(missing) - videos, videos)
        texts.append(_("Left out here: %(media)s") % {"media": media})
    if content_["link"] and not form.takes_link:
        texts.append(_("Left out here: the link"))
    if not form.max_text:
        texts.append(_("Left out here: the text"))
    return texts


@register.filter
def clock(seconds: float) -> str:
    """Format seconds as players do: 83.4 → 1:23."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def warnings(findings: list[Finding]) -> list[Finding]:
    """Return the findings that block nothing."""
    return [f for f in findings if f.severity in (Severity.WARN, Severity.ACKNOWLEDGE)]


@register.filter
def leak_names(rules: list[str]) -> str:
    """Return the names of rules of the leak check, in a line."""
    return "; ".join(rule_name(rule.removeprefix(PREFIX)) for rule in rules)


@register.filter
def legal_words(content_: dict[str, Any]) -> str:
    """Return the legal basis of a content with its days, in a line."""
    return legal_basis_text(content_.get("legal", {}))


@register.filter
def by_platform(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort a content's channels for people; the content itself has them in the
    order of their keys.
    """
    return sorted(targets, key=lambda target: platform_rank(target["platform"]))


@register.filter
def platform_name(platform: str) -> str:
    return Kind(platform).label


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value)


@register.filter
def as_article(body: str) -> SafeString:
    """Clean an article's HTML once more on its way to a colleague's browser."""
    return mark_safe(clean(body))  # noqa: S308


@register.filter
def marked(target: dict[str, Any]) -> SafeString:
    """Render a channel's text with its formatting, in the platform's own markup."""
    form = facts_of(target["platform"]).format(target.get("format", ""))
    markup = form.markup(target["html"]) if form.markup else ""
    return mark_safe(nh3.clean(markup, tags={"b", "i", "u", "a", "p"}, attributes={"a": {"href"}}))  # noqa: S308


@register.filter
def host_of(link: str) -> str:
    return urlsplit(link).hostname or link


@register.filter
def get(values: dict[str, Any], key: Any) -> Any:
    """Return ``values[key]`` for a key that is itself a variable."""
    return values.get(str(key))
