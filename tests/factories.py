"""Real rows for tests. Each factory makes the smallest world in which its row is possible."""

import hashlib
import io
import itertools
from datetime import date, timedelta

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from factory.django import DjangoModelFactory
from PIL import Image, ImageDraw

from accounts.models import Appointment, User
from accounts.permissions import Role
from campaigns.models import Campaign, Topic
from channels import vault
from channels.models import Channel, ForeignPost, PlatformAllowance
from channels.queries import row_name
from posts import content
from posts.models import Media, Post, PostChannel, PostMedia, Review, Revision
from posts.pictures import poster_name
from posts.states import PostState
from publishing.models import Broadcast, Delivery, Pause, Recall
from tests.videos import film
from units.models import Level, Unit

_numbers = itertools.count()
PASSWORD = "mot mat khau du dai 2026"


class UnitFactory(DjangoModelFactory):
    class Meta:
        model = Unit

    level = Level.COMMUNE
    kind = "phường"
    code = factory.Sequence(lambda n: f"{90000 + n}")
    place = factory.Sequence(lambda n: f"Phường Sông Xanh {n}")
    name = factory.LazyAttribute(lambda u: f"Công an {u.place[0].lower()}{u.place[1:]}")
    parent = factory.SubFactory("tests.factories.ProvinceFactory")
    valid_from = date(2025, 7, 1)


class ProvinceFactory(UnitFactory):
    level = Level.PROVINCE
    kind = "tỉnh"
    code = factory.Sequence(lambda n: f"P{n}")
    place = factory.Sequence(lambda n: f"Tỉnh Mẫu {n}")
    parent = factory.LazyFunction(lambda: ministry())


def topic() -> Topic:
    """Tests that commit empty the tables afterwards, the migrations' rows too."""
    names = {"name_vi": "Cảnh báo lừa đảo", "name_en": "Scam warnings"}
    return Topic.objects.get_or_create(code="lua_dao", defaults=names)[0]


def ministry() -> Unit:
    found = Unit.objects.filter(level=Level.MINISTRY).first()
    return found or Unit.objects.create(
        level=Level.MINISTRY, kind="bộ", place="Bộ Công an", name="Bộ Công an", valid_from=date(2025, 7, 1)
    )


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"can.bo.{n}")
    email = factory.LazyAttribute(lambda u: f"{u.username}@congan.example")
    full_name = factory.Sequence(lambda n: f"Nguyễn Văn An {n}")
    password = factory.django.Password(PASSWORD)


def person(role: str = Role.OFFICER, unit: Unit | None = None, **fields: object) -> User:
    """Somebody who holds ``role`` in ``unit`` (a new commune unless given)."""
    user = UserFactory(**fields)
    Appointment.objects.create(user=user, unit=unit or UnitFactory(), role=role, valid_from=date(2025, 7, 1))
    return user


class CampaignFactory(DjangoModelFactory):
    class Meta:
        model = Campaign

    unit = factory.SubFactory(UnitFactory)
    name = factory.Sequence(lambda n: f"Đợt cao điểm phòng, chống lừa đảo {n}")
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=10))
    ends_on = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=20))
    created_by = factory.SubFactory(UserFactory)


class ChannelFactory(DjangoModelFactory):
    class Meta:
        model = Channel
        skip_postgeneration_save = True

    unit = factory.SubFactory(UnitFactory)
    platform = "facebook"
    external_id = factory.Sequence(lambda n: f"10400000{n:07d}")
    name = factory.LazyAttribute(lambda c: c.unit.name)
    handle = factory.LazyAttribute(lambda c: f"trang{c.external_id}")
    address = factory.LazyAttribute(lambda c: f"https://platform.example/{c.external_id}")
    connected_by = factory.SubFactory(UserFactory)
    connected_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def secrets(channel, create, given, **_):
        channel.sealed = vault.seal(given or {"token": "token-of-nobody"}, row=row_name(channel))
        channel.save(update_fields=["sealed"])


class PostFactory(DjangoModelFactory):
    """A complete draft: title, text, topic and, unless ``channels`` says otherwise, one Facebook page."""

    class Meta:
        model = Post
        skip_postgeneration_save = True

    unit = factory.SubFactory(UnitFactory)
    author = factory.LazyAttribute(lambda p: person(Role.OFFICER, p.unit))
    last_editor = factory.LazyAttribute(lambda p: p.author)
    title = factory.Sequence(lambda n: f"Cảnh giác cuộc gọi giả danh Công an {n}")
    body = "<p>Công an không yêu cầu chuyển tiền qua điện thoại.</p><p>Nghi ngờ, gọi 113.</p>"
    topic = factory.LazyFunction(lambda: topic())
    changed_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def channels(post, create, given, **_):
        for channel in [ChannelFactory(unit=post.unit)] if given is None else given:
            PostChannel.objects.create(post=post, channel=channel)

    @factory.post_generation
    def media(post, create, given, **_):
        for position, media in enumerate(given or ()):
            PostMedia.objects.create(post=post, media=media, position=position, alt_text="Ảnh minh họa")


def submitted(post: Post | None = None, **fields: object) -> Post:
    """A post in review, by rows rather than by services."""
    post = post or PostFactory(**fields)
    composed = content.compose(post)
    revision = Revision.objects.create(
        post=post,
        number=post.revisions.count() + 1,
        author=post.author,
        editor=post.last_editor,
        content=composed,
        content_sha256=content.digest(composed),
        created_at=timezone.now(),
    )
    post.state, post.current_revision, post.submitted_at = PostState.IN_REVIEW, revision, timezone.now()
    post.save()
    return post


def approved(post: Post | None = None, by: User | None = None, **fields: object) -> Post:
    post = submitted(post, **fields)
    by = by or person(Role.APPROVER, post.unit)
    revision = post.current_revision
    Review.objects.create(
        revision=revision,
        decision="approved",
        by=by,
        post_held="Trưởng Công an phường",
        author=revision.author,
        editor=revision.editor,
        content_sha256=revision.content_sha256,
        decided_at=timezone.now(),
    )
    post.state, post.approved_revision = PostState.APPROVED, revision
    post.save()
    return post


def delivery(post: Post | None = None, channel: Channel | None = None, **fields: object) -> Delivery:
    """A delivery of an approved post to its first channel, due now and scheduled, unless ``fields`` say otherwise."""
    post = post or approved()
    channel = channel or post.targets.first().channel
    due_at = fields.pop("due_at", timezone.now())
    values = {
        "revision": post.approved_revision,
        "content_sha256": post.approved_revision.content_sha256,
        "unit": post.unit,
        "platform": channel.platform,
        "due_at": due_at,
        "fire_at": due_at,
        "not_after": due_at + timedelta(hours=2),
        "scheduled_by": post.author,
    }
    return Delivery.objects.create(post=post, channel=channel, **{**values, **fields})


def pause(unit: Unit, *, since: timedelta | None = timedelta(0), **fields: object) -> Pause:
    """A pause of the unit and all below it, active since now; ``since`` None: prepared only."""
    started_at = None if since is None else timezone.now() - since
    values = {"reason": "Xác minh sự cố", "authority": unit, "created_by": UserFactory(), "started_at": started_at}
    return Pause.objects.create(unit=unit, **{**values, **fields})


def recalled(post: Post | None = None, **fields: object) -> Recall:
    """A recall of one post, whose delivery is being taken down."""
    row = delivery(post or approved(**fields), state="recalling", remote_id=f"1_{next(_numbers)}")
    now = timezone.now()
    made = Recall.objects.create(
        unit=row.unit,
        post=row.post,
        reason="Số điện thoại trong bài sai",
        by=person(Role.APPROVER, row.unit),
        post_held="Trưởng Công an phường",
        started_at=now,
    )
    Delivery.objects.filter(pk=row.pk).update(recall=made, published_at=now, verify_at=now)
    return made


def standing(channel: Channel | None = None, *, unit: Unit | None = None, **fields: object) -> Delivery:
    """A post that the engine put up on a Zalo account, unless another channel is named."""
    channel = channel or ChannelFactory(unit=unit or UnitFactory(), platform="zalo")
    post = approved(unit=channel.unit, channels=[channel])
    there = {"state": "published", "remote_id": f"{next(_numbers):032x}", "published_at": timezone.now()}
    return delivery(post, channel, **{**there, **fields})


def broadcast(row: Delivery | None = None, by: User | None = None, **fields: object) -> Broadcast:
    """One that a first person has asked for."""
    row = row or standing(**fields)
    now = timezone.now()
    return Broadcast.objects.create(
        delivery=row,
        channel=row.channel,
        unit=row.unit,
        reason="Thủ đoạn mới đang lan nhanh",
        followers=1234,
        asked_by=by or person(Role.OFFICER, row.unit),
        asked_at=now,
        asked_until=now + timedelta(days=3),
    )


def media(unit: Unit, *, text: str = "") -> Media:
    """A real small JPEG in the media store; ``text`` makes its bytes, and so its hash, its own."""
    out = io.BytesIO()
    picture = Image.new("RGB", (640, 360), "#14532d")
    ImageDraw.Draw(picture).text((20, 20), text or str(next(_numbers)), fill="white")
    picture.save(out, "JPEG")
    data = out.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    row = Media(
        unit=unit,
        sha256=sha256,
        content_type="image/jpeg",
        width=640,
        height=360,
        size=len(data),
        uploaded_by=UserFactory(),
    )
    row.file.save(f"{sha256}.jpg", ContentFile(data), save=False)
    row.save()
    return row


def allowed(platform: str, unit: Unit) -> PlatformAllowance:
    """The province of ``unit`` has decided on a platform that is off at first."""
    return PlatformAllowance.objects.create(
        unit=unit.parent, platform=platform, allowed_by=UserFactory(), reason="Kế hoạch 12"
    )


def foreign_post(channel: Channel, **fields: object) -> ForeignPost:
    """A post on the channel's page that the portal did not make, seen just now."""
    number = next(_numbers)
    now = timezone.now()
    values = {"external_id": f"strange-{number}", "permalink": f"{channel.address}/posts/{number}"}
    return ForeignPost.objects.create(channel=channel, **{**values, "published_at": now, "seen_at": now, **fields})


def connected(simulator: object, platform: str, unit: Unit | None = None, **page: object) -> Channel:
    """A channel whose page stands in the simulator, with working tokens."""
    unit = unit or UnitFactory()
    if platform == "instagram":  # opened by the token of the page that it is linked to
        page.setdefault("facebook_page", simulator.page("facebook", name=unit.name)["external_id"])
    made = simulator.page(platform, name=unit.name, **page)
    tokens = made["tokens"]
    secrets = {"token": tokens.get("page_token") or tokens.get("access_token") or tokens["bot_token"]}
    if "refresh_token" in tokens:
        secrets["refresh_token"] = tokens["refresh_token"]
    return ChannelFactory(
        unit=unit,
        platform=platform,
        external_id=made["external_id"],
        name=unit.name,
        handle=made["username"],
        secrets=secrets,
    )


def video(unit: Unit, *, seconds: float = 2.0, width: int = 360, height: int = 640, **fields: object) -> Media:
    """A real small film in the media store, with the picture that stands for it; ``fields`` of the row overrule."""
    # Of its own shade, and so of its own hash; a long one is only said to be long.
    data = film(width, height, min(seconds, 2.0), shade=next(_numbers) % 256)
    sha256 = hashlib.sha256(data).hexdigest()
    still = io.BytesIO()
    Image.new("RGB", (width, height), "#334155").save(still, "JPEG")
    poster_sha256 = hashlib.sha256(still.getvalue()).hexdigest()
    if not default_storage.exists(poster_name(poster_sha256)):
        default_storage.save(poster_name(poster_sha256), ContentFile(still.getvalue()))
    row = Media(
        unit=unit,
        sha256=sha256,
        content_type="video/mp4",
        width=width,
        height=height,
        size=len(data),
        seconds=seconds,
        fps=30,
        codec="h264",
        poster_sha256=poster_sha256,
        uploaded_by=UserFactory(),
    )
    row.file.name = f"media/{sha256}.mp4"  # as intake names it: one file serves all that have it
    if not default_storage.exists(row.file.name):
        default_storage.save(row.file.name, ContentFile(data))
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row
