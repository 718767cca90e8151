"""Cards of the scanners' findings in pictures and videos, as people are shown them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.models import JobState
from media.models import Media
from media.scanners.models import SECRET_MARK, WHOLE, Box, Kind, Scan, Scanner, ShownAs
from media.scanners.queries import state_of
from posts.checks.leak_words import rule_name


@dataclass(frozen=True, slots=True)
class BoxCard:
    """A finding, numbered as it stands on the picture. ``name`` says what it is."""

    number: int
    box: Box
    name: str
    label: tuple[int, int, int] = (0, 0, 0)  # of its number, in pixels: left, baseline, height

    @property
    def is_secret(self) -> bool:
        return self.box.rule == SECRET_MARK

    @property
    def shown_as(self) -> str:
        return str(ShownAs(self.box.shown_as).label) if self.box.shown_as else ""

    @property
    def seconds(self) -> str:
        """Return from when to when a video shows it, as its player counts."""
        if self.box.from_second is None:
            return ""
        first, last = format_seconds(self.box.from_second), format_seconds(self.box.to_second or 0)
        return first if first == last else f"{first}–{last}"


EVERY_KIND = "all"


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """Open findings of a kind that one act blurs, and the words on its button."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class ScanCard:
    """The state of a picture or video, in one sentence, and what was found in it."""

    media: Media
    scan: Scan | None
    boxes: Sequence[BoxCard] = ()

    @property
    def is_over(self) -> bool:
        return self.scan is not None and self.scan.is_over

    @property
    def needs_review(self) -> bool:
        return self.scan is not None and self.scan.needs_review

    @property
    def open(self) -> list[BoxCard]:
        return [card for card in self.boxes if card.box.is_open]

    @property
    def shown(self) -> list[BoxCard]:
        return [card for card in self.boxes if card.box.shown_as]

    @property
    def is_secret(self) -> bool:
        return any(card.is_secret for card in self.boxes)

    @property
    def has_news(self) -> bool:
        """Check whether who decides on a post should look: something is open, or was let pass."""
        return not self.is_over or bool(self.boxes) or self.is_reviewed or self.needs_review

    @property
    def is_reviewed(self) -> bool:
        return self.scan is not None and self.scan.reviewed_at is not None

    @property
    def tone(self) -> str:
        if not self.is_over:
            return "yellow"
        return "red" if self.open or self.needs_review else "green"

    @property
    def icon(self) -> str:
        return {"yellow": "clock", "red": "alert-triangle"}.get(self.tone, "circle-check")

    @property
    def words(self) -> str:
        """Say the state in a few words."""
        if self.scan is None or self.scan.state == JobState.WAITING:
            return _("Waits to be checked")
        if self.scan.state == JobState.RUNNING:
            if self.media.is_video:
                return _("Being checked… %(n)s %%") % {"n": self.scan.progress}
            return _("Being checked…")
        if n := len(self.open):
            return ngettext("%(n)s place to look at", "%(n)s places to look at", n) % {"n": n}
        return self.review_note if self.needs_review else _("Checked")

    @property
    def review_note(self) -> str:
        """Say what is to be looked at by eye, as no scanner could; empty where nothing is."""
        if not self.needs_review:
            return ""
        assert self.scan is not None
        missing = [scanner for scanner in Scanner if scanner in self.scan.missing]
        if len(missing) == len(Scanner):
            return _("Could not be checked: look at it by eye")
        names = ", ".join(str(scanner.label) for scanner in missing)
        return _("Could not look for %(what)s: look at it by eye") % {"what": names}

    @property
    def groups(self) -> list[OpenGroup]:
        """Return the kinds of which several findings are open, for one act each; last, all of
        them. A new picture is drawn each time.
        """
        kinds = Counter(card.box.kind for card in self.open if not card.is_secret)
        groups = [OpenGroup(kind, _blur_words(kind, n)) for kind, n in kinds.items() if n > 1]
        if len(kinds) > 1:
            message = _("Blur all %(n)s places") % {"n": kinds.total()}
            groups.append(OpenGroup(EVERY_KIND, message))
        return groups


def _blur_words(kind: str, n: int) -> str:
    texts = {
        Kind.FACE: _("Blur all %(n)s faces"),
        Kind.TEXT: _("Blur all %(n)s texts"),
        Kind.STAMP: _("Blur all %(n)s stamps"),
        Kind.CODE: _("Blur all %(n)s codes"),
    }[Kind(kind)]
    return texts % {"n": n}


def format_seconds(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def describe_box(box: Box) -> str:
    """Return what a finding is, in words."""
    if box.rule == SECRET_MARK:
        return _("Mark of a state secret")
    if box.kind == Kind.TEXT:
        return rule_name(box.rule)
    if box.kind == Kind.CODE:
        return _("Code: %(host)s") % {"host": box.host} if box.host else _("Code")
    return str(Kind(box.kind).label)


def card_of(media: Media, scan: Scan | None) -> ScanCard:
    """Return the card of a scan from `state_of`; what needs no decision is not on it."""
    rows = [box for box in scan.boxes.all() if box.is_open or box.shown_as] if scan else []
    boxes = [
        BoxCard(n, box, describe_box(box), _label_of(box, media))
        for n, box in enumerate(rows, start=1)
    ]
    return ScanCard(media, scan, boxes)


def _label_of(box: Box, media: Media) -> tuple[int, int, int]:
    """Return where the number of a box stands: at its upper left corner, inside the picture."""
    height = max(media.width, media.height) // 22
    left = box.x * media.width // WHOLE
    return left, max(box.y * media.height // WHOLE, height), height


def cards_of(
    media: Iterable[Media], scans: Mapping[int, Scan] | None = None
) -> dict[str, ScanCard]:
    """Return the cards of media by public id: four queries at most, however many. ``scans`` is what
    ``state_of`` returns of them, where the caller has it already.
    """
    rows = list(media)
    if scans is None:
        scans = state_of(rows) if rows else {}
    boxes = [box for scan in scans.values() for box in scan.boxes.all() if box.shown_as]
    prefetch_related_objects(boxes, "shown_by")
    prefetch_related_objects(
        [scan for scan in scans.values() if scan.reviewed_by_id], "reviewed_by"
    )
    return {str(row.public_id): card_of(row, scans.get(row.pk)) for row in rows}


def cards_of_content(composed: Mapping[str, Any]) -> list[ScanCard]:
    """Return the cards of what a content shows, in its order: five queries at most."""
    keys = [medium["media"] for medium in composed["media"]]
    rows = Media.objects.filter(public_id__in=keys).select_related("unit") if keys else ()
    cards = cards_of(rows)
    return [cards[key] for key in keys if key in cards]
