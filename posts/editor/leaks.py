"""Findings on the composer's page that mean certain words, as those of the leak check: the words,
and the ways out.
"""

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from campaigns.laws import replace_repealed_laws
from core import phones
from core.errors import Refused
from posts.canonical import content
from posts.canonical.html import MARKS, to_paragraphs, to_plain_text
from posts.checks.base import Finding, Severity
from posts.checks.laws import REPEALED_LAW
from posts.checks.leaks.remedies import remedies
from posts.checks.leaks.scan import Leak
from posts.checks.privacy import PREFIX, SEVERITIES, Place, place_of, places_in
from posts.editor import saving
from posts.editor.edits import PostEdit, edit_of
from posts.findings import find_findings
from posts.leak_rules.switching import report_false_alarm
from posts.models import Post, PostChannel
from units.queries import get_facts

_LABELS = {
    "mask": gettext_lazy("Mask"),
    "break_link": gettext_lazy("Write it so that nothing opens"),
    "initials": gettext_lazy("Write initials"),
    "drop_line": gettext_lazy("Drop the line"),
    "drop_paragraph": gettext_lazy("Drop the whole paragraph"),
    "own_hotline": gettext_lazy("Write the unit's hotline"),
}
# Each takes 3 kB of the page; the next ones follow when these are answered.
_MOST_WITH_WORDS = 100
_OF_LEAK = {label: severity for severity, label in SEVERITIES.items()}
_EMPTY = re.compile(r"<(p|li|h2|h3)>(?:<br>|\s)*</\1>")
_SEVERAL_SENTENCES = re.compile(r"[.!?…]\s+\S")
_LISTS = re.compile(r"<[uo]l>")


@dataclass(frozen=True, slots=True)
class WayOut:
    """A remedy for a field: ``before``, which stands there from ``start`` on, becomes ``after``;
    and so do the ``others`` of the same person or number.
    """

    kind: str
    start: int
    before: str
    after: str
    others: Sequence["WayOut"] = ()

    @property
    def label(self) -> str:
        if self.kind in ("given_initial", "successor"):
            return _("Write “%(words)s”") % {"words": self.after}
        if self.kind == "drop_line" and _SEVERAL_SENTENCES.search(self.before.strip()):
            return str(_LABELS["drop_paragraph"])
        return str(_LABELS[self.kind])

    @property
    def edits(self) -> str:
        """Return start, before and after of each place, as JSON."""
        edit = [[way.start, way.before, way.after] for way in self.from_the_last()]
        return json.dumps(edit, ensure_ascii=False)

    def from_the_last(self) -> list["WayOut"]:
        """Return the changes of one place each, so that none moves the next one's place."""
        return sorted([replace(self, others=()), *self.others], key=lambda way: -way.start)

    def apply(self, text: str) -> str:
        for way in self.from_the_last():
            text = text[: way.start] + way.after + text[way.start + len(way.before) :]
        return text


@dataclass(frozen=True, slots=True)
class ShownLeak:
    """A finding with the words it means. ``field`` is the name on the page of the field in which
    they stand, from ``start`` on; empty where they are changed elsewhere. ``others`` are findings
    of the same number or person in that field.
    """

    rule: str
    severity: Severity
    message: str
    where: str
    mark: str
    words: str
    field: str = ""
    start: int = 0
    ways: Sequence[WayOut] = ()
    others: Sequence["ShownLeak"] = ()

    @property
    def is_leak(self) -> bool:
        return self.rule.startswith(PREFIX)

    @property
    def places(self) -> int:
        return 1 + len(self.others)


Shown = Finding | ShownLeak


def attach_words(
    post: Post,
    composed: Mapping[str, Any],
    leaks: Iterable[Finding],
    targets: Iterable[PostChannel],
) -> list[Shown]:
    """Return the findings as the composer shows them: the first hundred of the leak check with
    their words, those of one number or person in a field as one.
    """
    leaks = list(leaks)
    marked = [place for place, finding in enumerate(leaks, 1) if finding.mark]
    if not marked:
        return [*leaks]
    end = marked[:_MOST_WITH_WORDS][-1]
    places = list(places_in(composed, title=post.own_title, text=to_plain_text(post.body)))
    own_texts = {str(target.channel.public_id): target.text for target in targets}
    phone = get_facts(post.unit).duty_phone
    hotline = phones.group_digits(phone) if phone else ""
    is_locked = bool(post.adoption_id)
    findings = [
        _shown_leak(finding, place, own_texts, hotline, is_locked=is_locked)
        if (place := place_of(finding, places))
        else finding
        for finding in leaks[:end]
    ]
    return [*_join_same(findings), *leaks[end:]]


def _join_same(leaks: Iterable[Shown]) -> list[Shown]:
    """Return one finding for all that a rule found of one number or person in one field."""
    firsts: dict[object, Shown] = {}
    others: dict[object, list[ShownLeak]] = defaultdict(list)
    for number, leak in enumerate(leaks):
        if isinstance(leak, ShownLeak) and leak.field:
            names = (way.before.rstrip(".") for way in leak.ways if way.kind == "initials")
            key = (leak.rule, leak.severity, leak.field, next(names, leak.words).casefold())
            if firsts.setdefault(key, leak) is not leak:
                others[key].append(leak)
        else:
            firsts[number] = leak
    return [
        _as_one(first, others[key]) if isinstance(first, ShownLeak) and key in others else first
        for key, first in firsts.items()
    ]


def _as_one(first: ShownLeak, others: Sequence[ShownLeak]) -> ShownLeak:
    """Return the first finding with what takes the others away, too. To drop all their lines by one
    tap would be to drop the text.
    """
    ways = []
    for way in first.ways:
        if way.kind == "drop_line":
            continue
        places = {
            their_way.start: their_way
            for other in others
            for their_way in other.ways
            if their_way.kind == way.kind
        }
        places.pop(way.start, None)
        ways.append(replace(way, others=tuple(places.values())))
    return replace(first, ways=ways, others=tuple(others))


def _shown_leak(
    finding: Finding,
    place: Place,
    own_texts: Mapping[str, str],
    hotline: str,
    *,
    is_locked: bool,
) -> ShownLeak:
    assert finding.span
    start, end = finding.span
    leak_card = ShownLeak(
        finding.rule,
        finding.severity,
        finding.message,
        finding.where,
        finding.mark,
        place.words_of(finding),
    )
    field, text = _field_of(place, own_texts)
    ahead = place.text.find(text) if field else -1
    if is_locked and not place.is_alt:  # changed by the values of the kit's placeholders
        return leak_card
    if ahead < 0 or start < ahead or end > ahead + len(text):
        return leak_card
    if finding.rule == REPEALED_LAW:
        successor = replace_repealed_laws(leak_card.words, on=timezone.localdate())
        way = WayOut("successor", start - ahead, leak_card.words, successor)
        return replace(leak_card, field=field, start=way.start, ways=[way])
    severity = _OF_LEAK[finding.severity]
    leak = Leak(finding.rule.removeprefix(PREFIX), severity, start - ahead, end - ahead)
    has_lines = field == "body" or field.startswith("text-")
    ways = [
        WayOut(way.kind, way.start, text[way.start : way.end], way.replacement)
        for way in remedies(text, leak, hotline=hotline)
        if has_lines or way.kind != "drop_line"
    ]
    return replace(leak_card, field=field, start=leak.start, ways=ways)


def _field_of(place: Place, own_texts: Mapping[str, str]) -> tuple[str, str]:
    """Return the name of the field on the page that holds a place's text, and the field's text."""
    where = place.where
    if where in ("title", "body", "source"):
        return where, place.text
    if where == "legal":
        return "legal_basis", place.text
    if place.is_alt:
        return f"alt-{where.removeprefix('media-')}", place.text
    return (f"text-{where}", own_texts[where]) if own_texts.get(where) else ("", "")


def apply_way_out(post: Post, mark: str, kind: str, *, by: User) -> Post:
    """Change the stored text as the page offered. Raise as `editing.save`, and Refused when the
    words are others by now.
    """
    composed = content.compose(post)
    targets = post.targets.select_related("channel")
    findings = attach_words(post, composed, find_findings(post, composed), targets)
    for leak in findings:
        if not isinstance(leak, ShownLeak) or leak.mark != mark:
            continue
        for way in leak.ways:
            if way.kind == kind:
                edit = _apply_to_edit(edit_of(post), leak.field, way)
                return saving.save(post, edit, by=by, version=post.version)
    raise Refused(_("These words were changed meanwhile. Look at the findings again."))


def report_no_leak(post: Post, mark: str, *, by: User) -> None:
    """Report that what a rule found in the stored text is no leak. Raise Refused when the words are
    others by now.
    """
    composed = content.compose(post)
    targets = post.targets.select_related("channel")
    for leak in attach_words(post, composed, find_findings(post, composed), targets):
        if isinstance(leak, ShownLeak) and leak.is_leak and leak.mark == mark:
            rule = leak.rule.removeprefix(PREFIX)
            report_false_alarm(post.unit, rule=rule, text=leak.words, by=by)
            return
    raise Refused(_("These words were changed meanwhile. Look at the findings again."))


def _apply_to_edit(edit: PostEdit, field: str, way: WayOut) -> PostEdit:
    fields = edit.fields
    if field == "body":
        return replace(edit, fields=replace(fields, body=_new_body(fields.body, way)))
    if field in ("title", "source", "legal_basis"):
        new: dict[str, Any] = {field: way.apply(getattr(fields, field))}
        return replace(edit, fields=replace(fields, **new))
    kind, _dash, key = field.partition("-")
    if kind == "alt":
        media = [
            replace(medium, alt=way.apply(medium.alt))
            if str(medium.media.public_id) == key
            else medium
            for medium in edit.media
        ]
        return replace(edit, media=media)
    channels = {
        channel: replace(channel_edit, text=way.apply(channel_edit.text))
        if str(channel.public_id) == key
        else channel_edit
        for channel, channel_edit in edit.channels.items()
    }
    return replace(edit, channels=channels)


def _new_body(body: str, way: WayOut) -> str:
    """Return the body with the way out taken, and with its formatting. Raise Refused where the
    words bear formatting themselves.
    """
    if not MARKS.search(body) and not _LISTS.search(body):
        return to_paragraphs(way.apply(to_plain_text(body)))
    for part in way.from_the_last():
        body = _replace_in_formatted(body, part)
    return body


def _replace_in_formatted(body: str, way: WayOut) -> str:
    text = to_plain_text(body)
    before, after = (html.escape(piece.strip(), quote=False) for piece in (way.before, way.after))
    pieces = body.split(before)
    at = text.count(way.before.strip(), 0, way.start) + 1
    if not before or len(pieces) <= at:
        raise Refused(_("Change these words in the text itself: they bear formatting."))
    new = before.join(pieces[:at]) + after + before.join(pieces[at:])
    return _EMPTY.sub("", new) if way.kind == "drop_line" else new
