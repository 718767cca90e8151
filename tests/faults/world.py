"""The rows of a run: units with their people, pages and approved posts; and what each version was
approved to say.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.faults.plan import PlannedPost
from tests.faults.processes import PLATFORMS, Simulator

MARK = re.compile(r"K(\d+)V(\d+)Z")
BORN = date(2025, 7, 1)


def words(post: int, version: int) -> tuple[str, str]:
    """Return a title and a body that no other version has."""
    mark = f"K{post}V{version}Z"
    return (
        f"Cảnh báo lừa đảo {mark}",
        f"<p>Công an không yêu cầu chuyển tiền qua điện thoại. Mã bài {mark}.</p>",
    )


@dataclass
class Place:
    unit: Any
    officer: Any
    leader: Any
    channels: dict[str, Any]
    media: Any
    video: Any


@dataclass
class Version:
    """An approved version, as it was at that moment: the database may be changed by stealth
    afterwards."""

    title: str
    texts: dict[int, dict[str, str]]  # by channel


@dataclass
class World:
    places: list[Place] = field(default_factory=list)
    post_pks: list[int] = field(default_factory=list)
    versions: dict[tuple[int, int], Version] = field(default_factory=dict)
    overseer: Any = None
    top: Any = None
    campaign: Any = None
    topics: list[Any] = field(default_factory=list)
    channels: dict[int, Any] = field(default_factory=dict)  # by pk
    pages: dict[tuple[str, str], int] = field(default_factory=dict)  # channel by platform and page

    def remember(self, post: int, version: int, content: dict[str, Any]) -> None:
        by_id = {str(channel.public_id): pk for pk, channel in self.channels.items()}
        texts = {
            by_id[t["channel"]]: {"text": t["text"], "html": t["html"]} for t in content["channels"]
        }
        self.versions[post, version] = Version(content["title"], texts)


def build(
    simulator: Simulator,
    places: int,
    posts: list[PlannedPost],
    platforms: tuple[str, ...] = PLATFORMS,
) -> World:
    from campaigns.models import Topic
    from channels.models import PlatformAllowance
    from tests import factories

    world = World()
    world.top = factories.ministry()
    world.topics = [
        Topic.objects.get_or_create(
            code=f"faults_{n}", defaults={"name_vi": f"Chủ đề {n}", "name_en": f"Topic {n}"}
        )[0]
        for n in range(2)
    ]
    units = _units(world.top, places)
    *people, world.overseer = _people(world.top, units)
    channels = _channels(simulator, units, platforms, by=world.overseer)
    world.channels = {channel.pk: channel for channel in channels}
    world.pages = {(channel.platform, channel.external_id): channel.pk for channel in channels}
    for n, unit in enumerate(units):
        own = {channel.platform: channel for channel in channels if channel.unit_id == unit.pk}
        media = factories.media(unit) if "zalo" in own else None
        video = (
            factories.video(unit)
            if any(post.with_video and post.place == n for post in posts)
            else None
        )
        world.places.append(Place(unit, people[2 * n], people[2 * n + 1], own, media, video))
    allowed = [unit for unit in units if "telegram" in platforms]
    PlatformAllowance.objects.bulk_create(
        PlatformAllowance(
            unit=unit, platform="telegram", allowed_by=world.overseer, reason="faults"
        )
        for unit in allowed
    )
    world.campaign = _campaign(world)
    _approved_posts(world, posts)
    return world


def _units(top: Any, places: int) -> list[Any]:
    from units.models import Level, Unit

    units = [
        Unit(
            parent=top,
            level=Level.COMMUNE,
            kind="xã",
            place=f"Xã {n}",
            name=f"Công an xã {n}",
            valid_from=BORN,
        )
        for n in range(places)
    ]
    for unit in units:
        unit.place_in_tree()
    Unit.objects.bulk_create(units)
    return units


def _people(top: Any, units: list[Any]) -> list[Any]:
    """Appoint an officer and an approver of each unit, and last an overseer of all."""
    from accounts.models import Appointment, User
    from accounts.permissions import Role

    posts = [(unit, role) for unit in units for role in (Role.OFFICER, Role.APPROVER)]
    posts.append((top, Role.OVERSEER))
    people = [
        User(username=f"p{n}", email=f"p{n}@congan.example", full_name=f"Người {n}")
        for n in range(len(posts))
    ]
    User.objects.bulk_create(people)
    Appointment.objects.bulk_create(
        Appointment(user=user, unit=unit, role=role, valid_from=BORN)
        for user, (unit, role) in zip(people, posts, strict=True)
    )
    return people


def _channels(
    simulator: Simulator, units: list[Any], platforms: tuple[str, ...], by: Any
) -> list[Any]:
    """Connect a page of each platform to each unit."""
    from django.utils import timezone

    from channels.models import Channel
    from channels.queries import row_name
    from core import sealing

    meant = [(unit, platform) for unit in units for platform in platforms]
    pages = simulator.ask(
        "/_sim/pages", [{"platform": platform, "name": unit.place} for unit, platform in meant]
    )
    now = timezone.now()
    channels = []
    for (unit, platform), page in zip(meant, pages, strict=True):
        tokens = page["tokens"]
        channel = Channel(
            unit=unit,
            platform=platform,
            external_id=page["external_id"],
            name=unit.name,
            handle=page["username"],
            connected_by=by,
            connected_at=now,
            confirmed_at=now,
        )
        secrets = {"token": tokens.get("access_token") or tokens["bot_token"]}
        secrets |= {"refresh_token": tokens["refresh_token"]} if platform == "zalo" else {}
        channel.sealed = sealing.seal(secrets, row=row_name(channel))
        channels.append(channel)
    Channel.objects.bulk_create(channels)
    return channels


def _campaign(world: World) -> Any:
    from django.utils import timezone

    from campaigns.models import Campaign

    today = timezone.localdate()
    return Campaign.objects.create(
        unit=world.top,
        name="Đợt cao điểm",
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=5),
        created_by=world.overseer,
    )


def _approved_posts(world: World, planned: list[PlannedPost]) -> None:
    """Approve posts by rows, in bulk: how a post comes to its approval is not what a run is about,
    and edits do it again."""
    from django.utils import timezone

    from posts.models import Post

    now = timezone.now()
    posts = _written(world, planned, now)
    world.post_pks = [post.pk for post in posts]
    revisions = _revised(world, posts, now)
    for plan, post, revision in zip(planned, posts, revisions, strict=True):
        _approve(revision, post, world.places[plan.place].leader, now)
    Post.objects.bulk_update(
        posts, ["state", "current_revision", "approved_revision"], batch_size=500
    )


def _written(world: World, planned: list[PlannedPost], now: datetime) -> list[Any]:
    """Write the posts with their channels, pictures and videos."""
    from posts.models import Post, PostChannel, PostMedia

    posts = []
    for number, plan in enumerate(planned):
        place = world.places[plan.place]
        title, body = words(number, 1)
        post = Post(
            unit=place.unit, author=place.officer, last_editor=place.officer, title=title, body=body
        )
        post.topic, post.campaign = (
            world.topics[plan.topic],
            world.campaign if plan.campaign else None,
        )
        post.changed_at = now
        posts.append(post)
    Post.objects.bulk_create(posts)
    targets, pictures = [], []
    for post, plan in zip(posts, planned, strict=True):
        place = world.places[plan.place]
        targets += [
            PostChannel(post=post, channel=place.channels[platform]) for platform in plan.platforms
        ]
        if plan.with_video:
            pictures.append(
                PostMedia(post=post, media=place.video, position=0, alt_text="Phim minh họa")
            )
        if "zalo" in plan.platforms:
            pictures.append(
                PostMedia(post=post, media=place.media, position=0, alt_text="Ảnh minh họa")
            )
    PostChannel.objects.bulk_create(targets)
    PostMedia.objects.bulk_create(pictures)
    return posts


def _revised(world: World, posts: list[Any], now: datetime) -> list[Any]:
    from posts.canonical import content
    from posts.models import Revision

    revisions = []
    for number, post in enumerate(posts):
        composed = content.compose(post)
        world.remember(number, 1, composed)
        revision = Revision(
            post=post, number=1, author=post.author, editor=post.author, created_at=now
        )
        revision.content, revision.content_sha256 = composed, content.digest(composed)
        revisions.append(revision)
    Revision.objects.bulk_create(revisions)
    return revisions


def _approve(revision: Any, post: Any, leader: Any, now: datetime) -> None:
    from posts.models import Review
    from posts.review import signing
    from posts.review.approvals import Method, Proof

    review = Review.objects.create(
        revision=revision,
        decision="approved",
        by=leader,
        position="Trưởng Công an phường",
        author=post.author,
        editor=post.author,
        content_sha256=revision.content_sha256,
        decided_at=now,
    )
    signing.sign(review, revision, Proof(Method.CODE, now, "0"))
    post.state, post.current_revision, post.approved_revision = "approved", revision, revision
