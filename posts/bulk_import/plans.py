"""Plan of what the rows of a sheet would become: made again for the preview and for the act itself.
It changes nothing.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Topic
from campaigns.queries import find_needs_of_topics
from channels.models import Channel
from channels.queries import channels_for
from channels.states import Kind
from core.clock import format_local_time
from core.text import fold
from media.models import Media
from posts.bulk_import.sheets import (
    COLUMNS,
    LONGEST_TEXT,
    Row,
    channel_label,
    hash_in,
    parse_day,
    parse_moment,
    parse_time,
    split_moment,
    split_names,
)
from posts.canonical import content
from posts.canonical.html import clean, is_too_large, to_paragraphs, to_plain_text
from posts.canonical.titles import title_from
from posts.checks.base import Finding
from posts.checks.privacy import place_of, places_in
from posts.editor.edits import ChannelEdit, MediaEdit, PostEdit, PostFields
from posts.editor.limits import LONGEST_ALT, LONGEST_LINK, LONGEST_TITLE, MOST_MEDIA
from posts.editor.saving import targets_of
from posts.findings import find_findings
from posts.leak_rules.queries import rules_of
from posts.models import BulkImport, ImportedPost, Post, PostMedia
from posts.queries import TakenTime, taken_times
from posts.states import PostState
from units.models import Unit

FURTHEST = timedelta(days=366)
_ALL_CHANNELS = {fold(name) for name in ("Tất cả", "Tất cả các kênh", "Tất cả kênh", "All", "*")}


class Outcome(StrEnum):
    COMPLETE = "complete"  # a draft that can be submitted
    DRAFT = "draft"  # a draft that lacks something
    KNOWN = "known"  # made into a draft before
    ERROR = "error"


@dataclass
class PlannedPost:
    """One row and what it would become."""

    row: Row
    errors: list[tuple[str, str]] = field(default_factory=list)  # column, what to write instead
    requested_time: datetime | None = None
    channels: list[Channel] = field(default_factory=list)
    media: list[MediaEdit] = field(default_factory=list)
    topic: Topic | None = None
    findings: list[Finding] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)  # that a finding means, by its mark
    taken: list[TakenTime] = field(default_factory=list)  # by other posts, in the same minute
    known: Post | None = None
    unfit: list[Channel] = field(default_factory=list)  # off until its pictures and videos fit
    not_ready: list[Channel] = field(default_factory=list)  # they need other words, or a choice

    def add_error(self, column: str, message: str) -> None:
        self.errors.append((str(COLUMNS[column]), message))

    @property
    def left_out(self) -> list[str]:
        return [channel_label(channel) for channel in [*self.unfit, *self.not_ready]]

    @property
    def clash(self) -> str:
        """Say once which posts go out in the same minute, and on which pages."""
        if not self.taken:
            return ""
        titles = dict.fromkeys(f"“{slot.post}”" for slot in self.taken)
        pages = ", ".join(channel_label(slot.channel) for slot in self.taken)
        return _("%(posts)s: in the same minute on %(pages)s. Choose another time.") % {
            "posts": ", ".join(titles),
            "pages": pages,
        }

    @property
    def missing(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.needs_author]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.needs_author]

    @property
    def outcome(self) -> Outcome:
        if self.known:
            return Outcome.KNOWN
        if self.errors:
            return Outcome.ERROR
        return Outcome.DRAFT if self.missing else Outcome.COMPLETE

    @property
    def edit(self) -> PostEdit:
        """Return the post as the composer would save it."""
        fields = PostFields(
            title=self.row.title,
            body=to_paragraphs(self.row.text),
            link=self.row.link,
            topic=self.topic,
            requested_time=self.requested_time,
        )
        # Who named channels decided; else the pictures do.
        chosen = ChannelEdit(switched=True if self.row.channels else None)
        channels = dict.fromkeys([*self.channels, *self.unfit], chosen)
        channels |= dict.fromkeys(self.not_ready, ChannelEdit(switched=False))
        return PostEdit(fields, channels, self.media)


@dataclass
class Plan:
    rows: list[PlannedPost]
    examples: int = 0  # rows of the template that are left out

    @property
    def counts(self) -> Counter[Outcome]:
        return Counter(row.outcome for row in self.rows)

    @property
    def to_make(self) -> list[PlannedPost]:
        return [row for row in self.rows if row.outcome in (Outcome.COMPLETE, Outcome.DRAFT)]

    def of(self, outcome: Outcome) -> list[PlannedPost]:
        return [row for row in self.rows if row.outcome == outcome]

    @property
    def digest(self) -> str:
        """Return a digest by which a plan differs from one made later on changed data. It proves
        nothing.
        """
        texts = [
            f"{row.row.number}|{row.outcome}|{[c.pk for c in row.channels]}|{row.errors}"
            f"|{[medium.media.pk for medium in row.media]}"
            for row in self.rows
        ]
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def plan(batch: BulkImport, *, by: User, again: bool = False) -> Plan:
    """Plan what the rows would become now, in a constant number of queries.

    ``again``: rows that became drafts before become drafts once more.
    """
    rows = [Row(*row) for row in batch.rows]
    planned = [PlannedPost(row) for row in rows if not row.is_example]
    lookup = _Lookup(batch, rows)
    now = timezone.now()
    seen: dict[str, int] = {}
    for planned_post in planned:
        same = seen.setdefault(planned_post.row.sha256, planned_post.row.number)
        if same != planned_post.row.number:
            planned_post.add_error(
                "title", _("The same stands in row %(n)s. Delete one of the two.") % {"n": same}
            )
        _read_row(planned_post, lookup, now)
        if not again:
            planned_before = lookup.same.get((planned_post.row.title, planned_post.requested_time))
            planned_post.known = lookup.known.get(planned_post.row.sha256) or planned_before
        if not planned_post.errors:
            _check_draft(planned_post, lookup, by)
    _find_taken_times(planned)
    return Plan(planned, examples=len(rows) - len(planned))


def _find_taken_times(planned: Iterable[PlannedPost]) -> None:
    """Note which other posts go out on the same pages in the same minutes. One query."""
    rows = [
        planned_post
        for planned_post in planned
        if planned_post.outcome in (Outcome.COMPLETE, Outcome.DRAFT)
    ]
    asked = {
        (page.pk, row.requested_time) for row in rows if row.requested_time for page in row.channels
    }
    taken: dict[object, TakenTime] = {
        (taken_time.channel.pk, taken_time.at): taken_time for taken_time in taken_times(asked)
    }
    for row in rows:
        times = (taken.get((page.pk, row.requested_time)) for page in row.channels)
        row.taken = [time for time in times if time]


class _Lookup:
    """Everything that the rows may name: the unit's channels, the topics, the uploaded pictures."""

    def __init__(self, batch: BulkImport, rows: list[Row]) -> None:
        self.unit = batch.unit
        self.asked = find_needs_of_topics(batch.unit, on=timezone.localdate())
        self.leak_rules = rules_of(batch.unit, on=timezone.localdate())
        self.channels = channels_for(batch.unit)
        self.by_name = _names_of(self.channels)
        topics = list(Topic.objects.all())
        self.topics = {fold(name): t for t in topics for name in (t.name_vi, t.name_en, t.code)}
        self.topic_names = [str(t) for t in topics]
        self.pictures = batch.pictures
        keys = [entry for entry in batch.pictures.values() if isinstance(entry, int)]
        self.media = Media.objects.filter(unit=batch.unit).in_bulk(keys)
        self.stored = _stored_pictures(batch.unit, rows)
        # The unit's rows that became a draft before, by hash.
        made = ImportedPost.objects.filter(post__unit=batch.unit).exclude(
            post__state=PostState.ARCHIVED
        )
        self.known = {
            made_post.sha256: made_post.post
            for made_post in made.select_related("post").order_by("pk")
        }
        # Posts of the unit that a sheet plans again, by title and time: one that was exported
        # comes back.
        titles = {row.title for row in rows}
        posts = Post.objects.filter(unit=batch.unit, title__in=titles, requested_time__isnull=False)
        entry = posts.exclude(state=PostState.ARCHIVED).defer("body", "search").order_by("pk")
        self.same = {(post.title, post.requested_time): post for post in entry}


def _names_of(channels: Iterable[Channel]) -> dict[str, list[Channel]]:
    """Return by each name that people write, in full, by platform or by page, who bears it."""
    by_name: dict[str, list[Channel]] = defaultdict(list)
    for channel in channels:
        platform = str(Kind(channel.platform).label)
        names = (channel_label(channel), platform, channel.platform, channel.name)
        for name in set(map(fold, names)):
            by_name[name].append(channel)
    return by_name


def _stored_pictures(unit: Unit, rows: Iterable[Row]) -> dict[str, Media]:
    """Return by the beginning of its hash each of the unit's pictures that the rows name so."""
    names = {hash_in(name) for row in rows for name in row.picture_names} - {""}
    if not names:
        return {}
    begins = Media.objects.annotate(begin=Substr("sha256", 1, 12))
    return {begin.sha256[:12]: begin for begin in begins.filter(unit=unit, begin__in=names)}


def _read_row(planned: PlannedPost, lookup: _Lookup, now: datetime) -> None:
    row = planned.row
    for column in ("title", "text", "link"):
        if getattr(row, column).startswith("="):
            planned.add_error(column, _("This is a formula. Write the text itself."))
    _read_time(planned, now)
    _read_channels(planned, lookup)
    if len(row.title) > LONGEST_TITLE:
        planned.add_error("title", _("Write at most %(n)s characters.") % {"n": LONGEST_TITLE})
    if len(row.text) > LONGEST_TEXT or is_too_large(to_paragraphs(row.text)):
        planned.add_error(
            "text",
            _("Write at most %(n)s characters.")
            % {"n": number_format(LONGEST_TEXT, force_grouping=True)},
        )
    if row.topic:
        planned.topic = lookup.topics.get(fold(row.topic))
        if planned.topic is None:
            names = "; ".join(lookup.topic_names)
            planned.add_error("topic", _("Write one of: %(topics)s.") % {"topics": names})
    _read_link(planned)
    _read_pictures(planned, lookup)


def _read_time(planned: PlannedPost, now: datetime) -> None:
    if not planned.row.date:
        planned.add_error("date", _("Write the day as dd/mm/yyyy, such as 05/12/2026."))
        return
    day, clock = split_moment(planned.row.date, planned.row.time)
    if not _can_be_read(planned, "date", parse_day, day) & _can_be_read(
        planned, "time", parse_time, clock
    ):
        return
    planned.requested_time = parse_moment(planned.row.date, planned.row.time)
    if planned.requested_time <= now:
        message = _("%(when)s has passed. Write a time that is still ahead.")
        planned.add_error("date", message % {"when": format_local_time(planned.requested_time)})
    elif planned.requested_time > now + FURTHEST:
        message = _("%(when)s is more than a year ahead. Check the year.")
        planned.add_error("date", message % {"when": format_local_time(planned.requested_time)})


def _can_be_read(
    planned: PlannedPost, column: str, parse: Callable[[str], object], cell: str
) -> bool:
    try:
        parse(cell)
    except ValueError as error:
        planned.add_error(column, str(error))
        return False
    return True


def _read_channels(planned: PlannedPost, lookup: _Lookup) -> None:
    chosen: dict[int, Channel] = {}
    for name in split_names(planned.row.channels) or ["*"]:
        matches = (
            lookup.channels if fold(name) in _ALL_CHANNELS else lookup.by_name.get(fold(name), [])
        )
        if len(matches) > 1 and fold(name) not in _ALL_CHANNELS:
            names = "; ".join(channel_label(channel) for channel in matches)
            message = _("Several channels are called “%(name)s”. Write one of: %(names)s.")
            planned.add_error("channels", message % {"name": name[:60], "names": names})
        elif not matches and lookup.channels:
            names = "; ".join(channel_label(channel) for channel in lookup.channels)
            message = _("There is no channel “%(name)s”. Write one of: %(names)s.")
            planned.add_error("channels", message % {"name": name[:60], "names": names})
        else:
            chosen |= {channel.pk: channel for channel in matches}
    planned.channels = list(chosen.values())


def _read_link(planned: PlannedPost) -> None:
    link = planned.row.link
    if not link:
        return
    try:
        URLValidator(schemes=["https", "http"])(link)
    except ValidationError:
        planned.add_error("link", _("Write the whole address; it begins with https://."))
    if len(link) > LONGEST_LINK:
        planned.add_error("link", _("Write at most %(n)s characters.") % {"n": LONGEST_LINK})


def _read_pictures(planned: PlannedPost, lookup: _Lookup) -> None:
    names = planned.row.picture_names
    alts = [planned.row.alt] if len(names) < 2 else planned.row.alt.split("\n")
    if len(names) > MOST_MEDIA:
        planned.add_error("pictures", _("Write at most %(n)s pictures.") % {"n": MOST_MEDIA})
        return
    if any(len(alt) > LONGEST_ALT for alt in alts):
        planned.add_error("alt", _("Write at most %(n)s characters.") % {"n": LONGEST_ALT})
    pictures_read: dict[int, MediaEdit] = {}
    for place, name in enumerate(names):
        picture = lookup.pictures.get(fold(name))
        medium = lookup.media.get(picture) if isinstance(picture, int) else None
        medium = medium or lookup.stored.get(hash_in(name))
        if medium:
            alt = " ".join(alts[place].split()) if place < len(alts) else ""
            pictures_read.setdefault(medium.pk, MediaEdit(medium, alt))
        elif isinstance(picture, str):
            planned.add_error("pictures", f"{name[:80]}: {picture}")
        else:
            message = _(
                "The picture “%(name)s” was not uploaded. Add it below, or correct its name."
            )
            planned.add_error("pictures", message % {"name": name[:80]})
    planned.media = list(pictures_read.values())


def _check_draft(planned: PlannedPost, lookup: _Lookup, by: User) -> None:
    """Check the draft as the composer will, before it is stored. Where nobody named the channels,
    leave out those that need more than a sheet can hold, as long as others stay.
    """
    planned.findings = _findings(planned, lookup, by)
    if planned.row.channels:
        return
    targets = targets_of(planned.edit)
    planned.channels = [target.channel for target in targets if target.is_on]
    planned.unfit = [target.channel for target in targets if not target.is_on]
    places = {finding.where[:36] for finding in planned.missing}
    kept = [channel for channel in planned.channels if str(channel.public_id) not in places]
    if kept and len(kept) < len(planned.channels):
        planned.not_ready = [channel for channel in planned.channels if channel not in kept]
        planned.channels = kept
        planned.findings = _findings(planned, lookup, by)


def _findings(planned: PlannedPost, lookup: _Lookup, by: User) -> list[Finding]:
    targets, fields = targets_of(planned.edit), planned.edit.fields
    post = Post(
        unit=lookup.unit,
        author=by,
        title=fields.title or title_from(planned.row.text),
        title_from_text=not fields.title,
        body=clean(fields.body),
        link=fields.link,
        topic=planned.topic,
        requested_time=planned.requested_time,
    )
    pictures = [
        PostMedia(post=post, media=medium.media, alt_text=medium.alt, position=place)
        for place, medium in enumerate(planned.media)
    ]
    composed = content.compose(post, targets=targets, pictures=pictures)
    asked = lookup.asked.get(planned.topic.pk, set()) if planned.topic else set()
    findings = find_findings(
        post, composed, targets=targets, asked=asked, leak_rules=lookup.leak_rules
    )
    places = list(places_in(composed, title=post.own_title, text=to_plain_text(post.body)))
    marked = ((finding, place_of(finding, places)) for finding in findings if finding.mark)
    planned.words = {finding.mark: place.words_of(finding) for finding, place in marked if place}
    return findings
