"""Rules on what leaks: people's data, secrets, the unit's own work. The leak check finds it, see
posts/checks/leaks; here it gets its places and its words.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.crypto import salted_hmac

from media.captions import plain_text
from posts.canonical.html import to_plain_text
from posts.checks.base import Draft, Finding, LeakRules, Severity
from posts.checks.leak_words import rule_description
from posts.checks.leaks import scan
from posts.checks.leaks.scan import Leak

PREFIX = "leak_"  # of the rules of this family: their findings, and what the record names
SEVERITIES = {
    scan.Severity.HARD: Severity.BLOCK,
    scan.Severity.SOFT: Severity.REASON,
    scan.Severity.WARN: Severity.ACKNOWLEDGE,
    scan.Severity.INFO: Severity.WARN,
}
GRAVEST_FIRST = list(SEVERITIES)


class Place(NamedTuple):
    """A text of a post and where its findings are shown: a field or a channel's public id."""

    where: str
    text: str
    is_alt: bool = False  # of the two texts of a video, its description

    def words_of(self, finding: Finding) -> str:
        """Return the words that a finding in this text means."""
        return self.text[slice(*(finding.span or (0, 0)))]


class PlacedLeak(NamedTuple):
    place: Place
    leak: Leak

    @property
    def words(self) -> str:
        return self.place.text[self.leak.start : self.leak.end]


def check_leaks(draft: Draft) -> Iterator[Finding]:
    title, text = draft.own_title, draft.text
    today = timezone.localdate(draft.now)
    for leak in leaks_in(draft.content, draft.leak_rules, today, title=title, text=text):
        yield finding_of(leak)


def finding_of(placed: PlacedLeak) -> Finding:
    leak, where = placed.leak, placed.place.where
    return Finding(
        rule=PREFIX + leak.rule,
        severity=SEVERITIES[leak.severity],
        message=rule_description(leak.rule),
        where=where,
        span=(leak.start, leak.end),
        mark=mark_of(leak.rule, where, placed.words),
    )


def mark_of(rule: str, where: str, text: str) -> str:
    """Return what stands for the words of a finding. Keyed: it says which words were acknowledged,
    and nobody can try numbers against it.
    """
    return salted_hmac("leak", f"{rule}|{where}|{text}", algorithm="sha256").hexdigest()[:16]


def leaks_in(
    content: Mapping[str, Any], rules: LeakRules, today: date, *, title: str, text: str
) -> Iterator[PlacedLeak]:
    """Yield what leaks in a content; ``title`` and ``text`` are its common ones, as they are read.
    What several channels show alike is read once.
    """
    for place in places_in(content, title=title, text=text):
        for leak in scan.find_leaks(place.text, allowed=rules.allowed, today=today):
            yield PlacedLeak(place, replace(leak, severity=rules.severity_of(leak)))


def leaks_of(content: Mapping[str, Any], rules: LeakRules, today: date) -> Iterator[PlacedLeak]:
    """Yield what leaks in a content whose draft is not at hand."""
    return leaks_in(
        content, rules, today, title=content["title"], text=to_plain_text(content["body"])
    )


def place_of(finding: Finding, places: Iterable[Place]) -> Place | None:
    """Return the text to which a finding's span refers; None for findings of other families."""
    if not finding.span or not finding.mark:
        return None
    rule = finding.rule.removeprefix(PREFIX)
    for place in places:
        mark = mark_of(rule, place.where, place.words_of(finding))
        if place.where == finding.where and mark == finding.mark:
            return place
    return None


def places_in(content: Mapping[str, Any], *, title: str, text: str) -> Iterator[Place]:
    """Yield every text of a content that people wrote, each once."""
    yield Place("title", title)
    yield Place("body", text)
    yield Place("link", content.get("link", ""))
    yield Place("legal", content.get("legal", {}).get("number", ""))
    yield Place("source", content.get("source", ""))
    for target in content["channels"]:
        key = target["channel"]
        if target["own_text"]:
            yield Place(key, target["text"])
        elif content.get("corrects"):  # its first line names what it corrects
            yield Place(key, target["text"].split("\n", 1)[0])
        for name, value in target.get("options", {}).items():
            if isinstance(value, str):
                yield Place(f"{key}-{name}", value)
    for medium in content["media"]:
        where = f"media-{medium['media']}"
        yield Place(where, medium["alt"], is_alt=True)
        yield Place(where, plain_text(medium.get("captions", "")))


def safe_label(title: str) -> str:
    """Return how notices and the record name a post of this title; empty for the title itself."""
    label = without_leaks(title)
    return "" if label == title else label


def without_leaks(text: str) -> str:
    """Return ``text`` with an ellipsis for what may not stand in a notice, a log or the record."""
    today = timezone.localdate()
    for leak in reversed(scan.find_leaks(text, today=today)):
        if leak.severity != scan.Severity.INFO:
            text = f"{text[: leak.start]}…{text[leak.end :]}"
    return text
