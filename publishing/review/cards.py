"""Posts as the queue and the page of the reviewer show them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from channels.queries import facts_of
from channels.states import Kind, platform_rank
from posts.canonical import content
from posts.canonical.html import to_plain_text
from posts.checks.base import Finding, Severity
from posts.checks.privacy import place_of, places_in
from posts.models import Post


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """A post that waits for a decision.

    ``is_opened``: by this person, at the revision that waits. ``is_own``: four eyes forbid them to
    approve it. ``can_keep_its_time``: the requested time is still ahead.
    """

    post: Post
    is_opened: bool
    is_own: bool
    can_keep_its_time: bool

    @property
    def can_be_chosen(self) -> bool:
        return self.is_opened and not self.is_own and not self.is_series

    @property
    def is_series(self) -> bool:
        """Check whether it stands for several posts, which are read once and decided together."""
        return (getattr(self.post, "in_series", None) or 1) > 1


@dataclass(frozen=True, slots=True)
class LeakCard:
    """A finding that needs a reason to pass, with the words it means."""

    words: str
    message: str


def leak_cards(
    findings: Iterable[Finding], composed: Mapping[str, Any], *, title: str
) -> list[LeakCard]:
    """Return what is published by the approver's reason alone, each words once."""
    places = list(places_in(composed, title=title, text=to_plain_text(composed["body"])))
    cards: dict[LeakCard, None] = {}
    for finding in findings:
        if finding.severity == Severity.REASON and (place := place_of(finding, places)):
            cards[LeakCard(place.words_of(finding), finding.message)] = None
    return list(cards)


@dataclass(frozen=True, slots=True)
class PreviewCard:
    """The channels on which residents see the same text and the same pictures, in the platforms'
    order. ``names``: of the channels, a platform alone where the post goes to but one page there.
    """

    targets: list[Mapping[str, Any]]
    names: list[str]


def preview_cards(composed: Mapping[str, Any]) -> list[PreviewCard]:
    """Group the channels of a content by equal text and pictures: what is the same on six pages is
    read once.
    """
    pages = Counter(target["platform"] for target in composed["channels"])
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    ordered = sorted(composed["channels"], key=lambda card: platform_rank(card["platform"]))
    for target in ordered:
        media = tuple(medium["sha256"] for medium in content.media_for(composed, target))
        forms = {form.name: form for form in facts_of(target["platform"]).formats}
        form = forms.get(target.get("format", ""))  # None: the first one, or one that is gone
        key = target["text"], target["html"], media, bool(form and form.for_long_text)
        groups.setdefault(key, []).append(target)
    return [
        PreviewCard(
            targets, [_name(target, alone=pages[target["platform"]] == 1) for target in targets]
        )
        for targets in groups.values()
    ]


def _name(target: Mapping[str, Any], *, alone: bool) -> str:
    return Kind(target["platform"]).label if alone else content.channel_name(target)
