"""The rows of a run: units with their people, pages and approved posts; and what each version was approved to say."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.faults.plan import PlannedPost
from tests.faults.processes import PLATFORMS, Simulator

MARK = re.compile(r"K(\d+)V(\d+)Z")
BORN = date(2025, 7, 1)


def words(post: int, version: int) -> tuple[str, str]:
    """Title and body that no other version has."""
    mark = f"K{post}V{version}Z"
    return f"Cảnh báo lừa đảo {mark}", f"<p>Công an không yêu cầu chuyển tiền qua điện thoại. Mã bài {mark}.</p>"


@dataclass
class Place:
    unit: Any
    officer: Any
    leader: Any
    channels: dict[str, Any]
    media: Any
    film: Any


@dataclass
class Version:
    """What was approved, as it was at that moment: the database may be changed by stealth afterwards."""

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
        texts = {by_id[t["channel"]]: {"text": t["text"], "html": t["html"]} for t in content["channels"]}
        self.versions[post, version] = Version(content["title"], texts)


def build(simulator: Simulator, places: int, posts: list[PlannedPost], platforms: tuple[str, ...] = PLATFORMS) -> World:
    from datetime import timedelta

    from django.utils import timezone

    from accounts.models import Appointment, User
    from accounts.permissions import Role
    from campaigns.models import Campaign, Topic
    from channels import vault
    from channels.models import Channel, PlatformAllowance
    from channels.queries import row_name
    from tests import factories
    from units.models import Level, Unit

    world = World()
    world.top = factories.ministry()
    world.topics = [
        Topic.objects.get_or_create(code=f"faults_{n}", defaults={"name_vi": f"Chủ đề {n}", "name_en": f"Topic {n}"})[0]
        for n in range(2)
    ]
    units = [
        Unit(parent=world.top, level=Level.COMMUNE, kind="xã", place=f"Xã {n}", name=f"Công an xã {n}", valid_from=BORN)
        for n in range(places)
    ]
    for unit in units:
        unit.place_in_tree()
    Unit.objects.bulk_create(units)
    names = [(unit, role) for unit in units for role in (Role.OFFICER, Role.APPROVER)]
    names.append((world.top, Role.OVERSEER))
    people = [User(username=f"p{n}", email=f"p{n}@congan.example", full_name=f"Người {n}") for n in range(len(names))]
    User.objects.bulk_create(people)
    Appointment.objects.bulk_create(
        Appointment(user=user, unit=unit, role=role, valid_from=BORN)
        for user, (unit, role) in zip(people, names, strict=True)
    )
    world.overseer = people[-1]
    wanted = [(n, platform) for n in range(places) for platform in platforms]
    pages = simulator.ask("/_sim/pages", [{"platform": platform, "name": f"Xã {n}"} for n, platform in wanted])
    now = timezone.now()
    channels = []
    for (n, platform), page in zip(wanted, pages, strict=True):
        tokens = page["tokens"]
        channel = Channel(
            unit=units[n],
            platform=platform,
            external_id=page["external_id"],
            name=units[n].name,
            handle=page["username"],
            connected_by=people[-1],
            connected_at=now,
        )
        secrets = {"token": tokens.get("access_token") or tokens["bot_token"]}
        secrets |= {"refresh_token": tokens["refresh_token"]} if platform == "zalo" else {}
        channel.sealed = vault.seal(secrets, row=row_name(channel))
        channels.append(channel)
    Channel.objects.bulk_create(channels)
    world.channels = {channel.pk: channel for channel in channels}
    world.pages = {(channel.platform, channel.external_id): channel.pk for channel in channels}
    for n, unit in enumerate(units):
        own = {channel.platform: channel for channel in channels if channel.unit_id == unit.pk}
        media = factories.media(unit) if "zalo" in own else None
        film = factories.video(unit) if any(post.film and post.place == n for post in posts) else None
        world.places.append(Place(unit, people[2 * n], people[2 * n + 1], own, media, film))
    allowed = [unit for unit in units if "telegram" in platforms]
    PlatformAllowance.objects.bulk_create(
        PlatformAllowance(unit=unit, platform="telegram", allowed_by=world.overseer, reason="faults")
        for unit in allowed
    )
    world.campaign = Campaign.objects.create(
        unit=world.top,
        name="Đợt cao điểm",
        starts_on=timezone.localdate() - timedelta(days=1),
        ends_on=timezone.localdate() + timedelta(days=5),
        created_by=world.overseer,
    )
    _approved_posts(world, posts)
    return world


def _approved_posts(world: World, planned: list[PlannedPost]) -> None:
    """Approved by rows, in bulk: how a post comes to its approval is not what a run is about, and edits do it again."""
    from django.utils import timezone

    from posts import content
    from posts.models import Post, PostChannel, PostMedia, Revision

    now = timezone.now()
    posts = []
    for number, plan in enumerate(planned):
        place = world.places[plan.place]
        title, body = words(number, 1)
        posts.append(
            Post(
                unit=place.unit,
                author=place.officer,
                last_editor=place.officer,
                title=title,
                body=body,
                topic=world.topics[plan.topic],
                campaign=world.campaign if plan.campaign else None,
                changed_at=now,
            )
        )
    Post.objects.bulk_create(posts)
    world.post_pks = [post.pk for post in posts]
    targets, pictures = [], []
    for post, plan in zip(posts, planned, strict=True):
        place = world.places[plan.place]
        targets += [PostChannel(post=post, channel=place.channels[platform]) for platform in plan.platforms]
        if plan.film:
            pictures.append(PostMedia(post=post, media=place.film, position=0, alt_text="Phim minh họa"))
        if "zalo" in plan.platforms:
            pictures.append(PostMedia(post=post, media=place.media, position=0, alt_text="Ảnh minh họa"))
    PostChannel.objects.bulk_create(targets)
    PostMedia.objects.bulk_create(pictures)
    revisions = []
    for number, post in enumerate(posts):
        composed = content.compose(post)
        world.remember(number, 1, composed)
        revisions.append(
            Revision(
                post=post,
                number=1,
                author=post.author,
                editor=post.author,
                content=composed,
                content_sha256=content.digest(composed),
                created_at=now,
            )
        )
    Revision.objects.bulk_create(revisions)
    for post, revision in zip(posts, revisions, strict=True):
        post.state, post.current_revision, post.approved_revision = "approved", revision, revision
    Post.objects.bulk_update(posts, ["state", "current_revision", "approved_revision"], batch_size=500)
