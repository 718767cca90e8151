"""The year before the story: what six stations published each week, and how it was read.

Written in a few bulk inserts, for `make run` waits for it. Each post is hashed, approved and signed
as any. Nothing of it stands in the simulator, whose pages show the newest posts alone, and nothing
is collected for it any more.
"""

import math
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import NamedTuple

from django.db.models import ExpressionWrapper, F, OuterRef, Subquery
from django.db.models.fields import DateTimeField
from django.utils import timezone
from lunar_vn import convert_lunar_to_solar

from accounts.models import Appointment
from accounts.permissions import Role
from audit.services import make_entry, record_entries
from campaigns import editing
from campaigns.models import Campaign, Topic
from channels.models import Channel
from channels.states import Kind
from core.text import fold
from engagement.models import Count, FollowerCount, Measurement
from posts.canonical.content import compose, digest
from posts.canonical.html import to_plain_text
from posts.models import Post, PostChannel, Review, Revision, Signature
from posts.review import approvals
from posts.review.signing import statement_of
from posts.states import Decision, PostState
from publishing.models import Attempt, Delivery
from publishing.states import Outcome, State
from try_out import samples
from try_out.history import time_set_to
from try_out.people import SINCE, Staff, World

LONG = timedelta(days=400)  # so that the same days of last year can be compared
UNTIL = timedelta(days=27)  # from then on the story tells
# Posts a week.
PACE = {
    "hai-chau": 2.6,
    "son-tra": 1.9,
    "hoi-an": 1.9,
    "hoa-vang": 1.3,
    "duy-xuyen": 0.9,
    "tra-my": 0.6,
}
# They take a text without a picture. Facebook measures most; on Telegram only some stations wrote
# from the beginning.
PLATFORM, SECOND = Kind.FACEBOOK, Kind.TELEGRAM
ON_SECOND = {"hai-chau", "son-tra", "hoi-an"}
# The months of samples that speak of a season; the others are of any.
SEASONS = {
    "G10": {1, 2},
    "G11": {8, 9},
    "G16": {12, 1, 2},
    "G19": {7, 8},
    "G20": {8, 9, 10, 11},
}
SINCE_DAY = {"G13": date(2026, 6, 1)}  # speaks of a rule of July 2026
HOURS = (time(6, 30), time(7), time(11, 30), time(18), time(19, 30))
# From Monday on: people read in the evenings before days off.
WEEKDAYS = (0.95, 0.9, 0.95, 1.0, 1.15, 1.2, 1.05)
TET = timedelta(days=10)  # before and after the first day of the lunar year
_SETTLES_IN = timedelta(hours=26)
_LOOKS = (timedelta(days=1), timedelta(days=7), timedelta(days=26))
_FOLLOWERS_EVERY = timedelta(days=14)
_FOLLOWERS_SINCE = timedelta(days=46)  # younger ones are there


class Wording(NamedTuple):
    """A sample as one station writes it: title, body, and the text that search finds."""

    title: str
    body: str
    search: str
    topic: Topic
    sample: str


class Piece(NamedTuple):
    """A post of the year with its station, its people and when it went out."""

    staff: Staff
    post: Post
    due: datetime
    pages: list[Channel]


def create_year(world: World, now: datetime, topics: dict[str, Topic]) -> None:
    """Write a year up to four weeks ago, or as much of it as there were communes."""
    begun = timezone.make_aware(datetime.combine(SINCE, time(8))) + timedelta(days=7)
    first = max(now - LONG, begun)
    if first >= now - UNTIL:
        return
    chance = random.Random(48)  # noqa: S311 - the same year each time
    past = {
        campaign: set(campaign.topics.all())
        for campaign in _create_campaigns(world, first, now, topics)
    }
    pieces = list(_make_pieces(world, first, now, topics, past, chance))
    store_pieces(pieces, now, chance)
    _store_followers(first, now)


def store_pieces(pieces: list[Piece], now: datetime, chance: random.Random) -> None:
    """Store posts with all that they passed through until their pages showed them."""
    _store_publications(pieces, _store_posts(pieces), now, chance)


def _create_campaigns(
    world: World, first: datetime, now: datetime, topics: dict[str, Topic]
) -> Iterator[Campaign]:
    """Begin the province's campaigns of the year: each as its days came."""
    today = timezone.localdate(now)
    new_year = _find_lunar_new_year(today)
    plans = (
        (
            "Cao điểm phòng, chống lừa đảo trên không gian mạng năm trước",
            today - timedelta(days=365 + 25),
            46,
            ("lua_dao", "phong_ngua"),
        ),
        (
            f"Đón Tết {new_year.year} an toàn, không pháo nổ",
            new_year - timedelta(days=25),
            40,
            ("phap_luat", "pccc", "giao_thong"),
        ),
        (
            "Hè an toàn: phòng đuối nước, cháy, nổ",
            date(today.year if today.month > 8 else today.year - 1, 6, 1),
            75,
            ("tre_em", "pccc"),
        ),
    )
    for name, starts_on, days, codes in plans:
        begun_at = timezone.make_aware(datetime.combine(starts_on, time(8))) - timedelta(days=3)
        if first < begun_at < now - UNTIL - timedelta(days=days):
            with time_set_to(begun_at):
                yield editing.begin_campaign(
                    unit=world.province,
                    by=world.overseer,
                    name=name,
                    aim="Mỗi xã, phường đăng ít nhất một bài mỗi tuần.",
                    starts_on=starts_on,
                    ends_on=starts_on + timedelta(days=days),
                    topics=[topics[code] for code in codes],
                )


def _find_lunar_new_year(day: date) -> date:
    """Return the first day of the lunar year that ``day`` is in."""
    here = convert_lunar_to_solar(1, 1, day.year, 0)
    return here if here <= day else convert_lunar_to_solar(1, 1, day.year - 1, 0)


def _make_pieces(
    world: World,
    first: datetime,
    now: datetime,
    topics: dict[str, Topic],
    past: dict[Campaign, set[Topic]],
    chance: random.Random,
) -> Iterator[Piece]:
    known = list(samples.read_samples().values())
    wordings = {
        word: [make_wording(sample, world.staff[word], topics) for sample in known] for word in PACE
    }
    pages: dict[str, list[Channel]] = {
        word: list(
            Channel.objects.filter(
                unit=world.staff[word].unit,
                platform__in=[PLATFORM, SECOND] if word in ON_SECOND else [PLATFORM],
            ).order_by("pk")
        )
        for word in PACE
    }
    monday = timezone.localdate(first) - timedelta(days=timezone.localdate(first).weekday() - 7)
    last = timezone.localdate(now - UNTIL)
    while monday + timedelta(days=6) < last:
        for word, pace in PACE.items():
            staff = world.staff[word]
            for _nth in range(int(pace) + (chance.random() < pace % 1)):
                day = monday + timedelta(days=chance.randrange(7))
                due = timezone.make_aware(datetime.combine(day, chance.choice(HOURS)))
                told = [wording for wording in wordings[word] if is_in_season(wording.sample, day)]
                post = make_post(chance.choice(told), staff, due)
                post.campaign = next(
                    (event for event, of in past.items() if _is_of(post, day, event, of)), None
                )
                yield Piece(staff, post, due, pages[word])
        monday += timedelta(days=7)


def _is_of(post: Post, day: date, campaign: Campaign, topics: set[Topic]) -> bool:
    return campaign.starts_on <= day <= campaign.ends_on and post.topic in topics


def make_wording(sample: samples.Sample, staff: Staff, topics: dict[str, Topic]) -> Wording:
    title, text = sample.make_texts(staff.unit)
    body = samples.to_html(text)
    return Wording(
        title, body, fold(f"{title} {to_plain_text(body)}"), topics[sample.topic], sample.code
    )


def is_in_season(sample: str, day: date) -> bool:
    """Tell whether a post on ``day`` would say what this sample says."""
    begun = day >= SINCE_DAY.get(sample, date.min)
    return begun and day.month in SEASONS.get(sample, {day.month})


def make_post(wording: Wording, staff: Staff, due: datetime) -> Post:
    heading = f"Bản tin ngày {timezone.localtime(due):%d/%m/%Y}"
    return Post(
        unit=staff.unit,
        author=staff.officer,
        last_editor=staff.officer,
        state=PostState.APPROVED,
        title=f"{heading}: {wording.title}"[:200],
        body=wording.body,
        topic=wording.topic,
        submitted_at=due - timedelta(hours=20),
        changed_at=due - timedelta(hours=18),
        search=f"{fold(heading)}: {wording.search}",
    )


def _store_posts(pieces: list[Piece]) -> dict[Post, Revision]:
    """Store posts with their revisions, approvals and signatures. Return what was approved."""
    posts = Post.objects.bulk_create([piece.post for piece in pieces])
    targets = [
        [PostChannel(post=piece.post, channel=page) for page in piece.pages] for piece in pieces
    ]
    PostChannel.objects.bulk_create(chain.from_iterable(targets))
    revisions = []
    for piece, post, its_targets in zip(pieces, posts, targets, strict=True):
        content = compose(post, targets=its_targets, pictures=[])
        revisions.append(
            Revision(
                post=post,
                number=1,
                author=post.author,
                editor=post.author,
                content=content,
                content_sha256=digest(content),
                created_at=piece.due - timedelta(hours=20),
            )
        )
    Revision.objects.bulk_create(revisions)
    own = Revision.objects.filter(post=OuterRef("pk")).values("pk")
    Post.objects.filter(pk__in=[post.pk for post in posts]).update(
        current_revision=Subquery(own),
        approved_revision=Subquery(own),
        created_at=_make_time_before("submitted_at", hours=1),
    )
    _approve(pieces, revisions)
    return dict(zip(posts, revisions, strict=True))


def _approve(pieces: list[Piece], revisions: list[Revision]) -> None:
    chiefs = {piece.staff.chief for piece in pieces}
    positions = {
        row.user_id: row.position
        for row in Appointment.objects.filter(user__in=chiefs, role=Role.APPROVER)
    }
    reviews = [
        Review(
            revision=revision,
            decision=Decision.APPROVED,
            by=piece.staff.chief,
            position=positions[piece.staff.chief.pk],
            author=revision.author,
            editor=revision.editor,
            content_sha256=revision.content_sha256,
            decided_at=piece.due - timedelta(hours=18),
        )
        for piece, revision in zip(pieces, revisions, strict=True)
    ]
    Review.objects.bulk_create(reviews)
    Signature.objects.bulk_create(_make_signature(review) for review in reviews)
    record_entries(
        make_entry(
            "post.approved",
            piece.post,
            by=review.by,
            position=review.position,
            at=review.decided_at,
            revision=str(review.revision.public_id),
            sha256=review.content_sha256,
        )
        for piece, review in zip(pieces, reviews, strict=True)
    )


def _make_signature(review: Review) -> Signature:
    proof = approvals.Proof(approvals.Method.CODE, review.decided_at, "try-out")
    text = statement_of(review.revision, proof, by=review.by, step=Decision.APPROVED)
    return Signature(review=review, **approvals.sign(text, proof.method)._asdict())


def _store_publications(
    pieces: list[Piece],
    approved: dict[Post, Revision],
    now: datetime,
    chance: random.Random,
) -> None:
    """Store what went out, and its figures as they grew."""
    rows = [
        Delivery(
            revision=approved[piece.post],
            channel=page,
            post=piece.post,
            unit=piece.staff.unit,
            platform=page.platform,
            content_sha256=approved[piece.post].content_sha256,
            state=State.PUBLISHED,
            due_at=piece.due,
            fire_at=piece.due,
            not_after=piece.due + timedelta(hours=2),
            attempt=1,
            committing_at=piece.due,
            published_at=piece.due + _draw_delay(chance),
            remote_id=f"year:{page.pk}:{piece.post.public_id}",
            scheduled_by=piece.staff.chief,
        )
        for piece in pieces
        for page in piece.pages
    ]
    Delivery.objects.bulk_create(rows)
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        created_at=_make_time_before("due_at", hours=18)
    )
    Attempt.objects.bulk_create(
        Attempt(
            delivery=row,
            number=1,
            started_at=row.due_at - timedelta(seconds=8),
            ended_at=row.published_at,
            outcome=Outcome.PUBLISHED,
        )
        for row in rows
    )
    record_entries(
        make_entry("delivery.published", row, at=row.published_at, was=State.COMMITTING, attempt=1)
        for row in rows
    )
    measured = [
        (row, row.published_at, _make_figures(row, now, chance))
        for row in rows
        if row.published_at and row.channel.followers is not None
    ]
    counts = [
        Count(
            delivery=row,
            taken_at=since + age,
            **{name: int(value * _compute_share(age)) for name, value in figures.items()},
        )
        for row, since, figures in measured
        for age in _LOOKS
        if since + age < now
    ]
    Count.objects.bulk_create(counts)
    newest = {count.delivery_id: count for count in counts}
    Measurement.objects.bulk_create(
        Measurement(
            delivery=row,
            taken_at=newest[row.pk].taken_at,
            **{name: getattr(newest[row.pk], name) for name in figures},
        )
        for row, _since, figures in measured
        if row.pk in newest
    )


def _make_time_before(field: str, *, hours: int) -> ExpressionWrapper:
    return ExpressionWrapper(F(field) - timedelta(hours=hours), DateTimeField())


def _draw_delay(chance: random.Random) -> timedelta:
    """Return how late a post was: one of thirty by minutes, as on a day of a broken line."""
    late = timedelta(minutes=chance.uniform(2, 20)) if chance.random() < 1 / 30 else timedelta()
    return late + timedelta(milliseconds=340)


def _make_figures(row: Delivery, now: datetime, chance: random.Random) -> dict[str, int]:
    """Return what the platform reported at last."""
    day = timezone.localdate(row.due_at)
    assert row.channel.followers is not None
    size = row.channel.followers * WEEKDAYS[day.weekday()]
    size *= 1 - 0.3 * ((now - row.due_at) / LONG)  # fewer followed the page then
    size *= 1.6 if abs(day - _find_lunar_new_year(day + TET)) < TET else 1.0
    size *= math.exp(chance.gauss(0, 0.35))
    if row.platform == SECOND:
        return {"views": int(0.3 * size)}
    return {
        "views": int(0.14 * size),
        "reach": int(0.1 * size),
        "reactions": int(0.0052 * size),
        "comments": int(0.0008 * size),
        "shares": int(0.0014 * size),
        "clicks": int(0.0047 * size),
    }


def _compute_share(age: timedelta) -> float:
    return (1 - math.exp(-age / _SETTLES_IN)) / (1 - math.exp(-_LOOKS[-1] / _SETTLES_IN))


def _store_followers(first: datetime, now: datetime) -> None:
    """Store the followers of each fortnight, down to what they were when the year began."""
    rows, today = [], timezone.localdate(now)
    for channel in Channel.objects.filter(followers__isnull=False):
        ago = _FOLLOWERS_SINCE
        while now - ago > first:
            share = 11 / 12 - 0.3 * ((ago - _FOLLOWERS_SINCE) / LONG)
            followers = int((channel.followers or 0) * share)
            rows.append(FollowerCount(channel=channel, day=today - ago, followers=followers))
            ago += _FOLLOWERS_EVERY
    FollowerCount.objects.bulk_create(rows)
