"""Real rows for tests. Each factory makes the smallest world in which its row is possible."""

import base64
import hashlib
import io
import itertools
import json
import secrets
import time
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import factory
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory
from PIL import Image, ImageDraw

from accounts.models import (
    Appointment,
    ChangeKind,
    Delegation,
    FactorReset,
    MinistryRequest,
    SystemChange,
    User,
)
from accounts.permissions import Role
from audit.services import record
from campaigns.files.models import CampaignFile, FilePart
from campaigns.kits.models import Kit, KitMedia, KitVersion
from campaigns.kits.queries import compute_digest as kit_digest
from campaigns.kits.seals import make_seal as seal_of_kit
from campaigns.models import Campaign, Topic, TopicRule
from campaigns.partners.models import Contact, Partner, PartnerPlace
from campaigns.partners.queries import seal_contact as sealed_contact
from campaigns.planning.models import CampaignResult, ChecklistItem, PublicSummary
from campaigns.planning.queries import to_canonical_json
from channels.completeness.queries import digest_of
from channels.models import Channel, PageChange, PlatformAllowance, UnrecognisedPost
from channels.queries import row_name
from core import jobs, sealing
from core.form_marks import make_render_mark
from core.models import Job
from core.text import fold
from engagement.boards.notes.models import BoardNote
from engagement.dashboards.closing import freeze_content
from engagement.dashboards.context import make_whole_period
from engagement.examples.models import Example, ExamplePost
from engagement.exports.models import Export
from engagement.exports.services import list_positions
from engagement.models import ReplyPhrase, ReplyRelease
from engagement.reports import figures as report_figures
from engagement.reports import periods as reporting_periods
from engagement.reports.models import Report, ReportApproval, ReportFile
from engagement.reports.queries import build_content
from engagement.reports.states import MADE
from links.models import Link
from media.models import Media, Upload
from media.scanners.models import Box, Scan
from media.store import poster_name
from oversight.matters.models import Matter
from posts.canonical import content
from posts.editor.edits import ChannelEdit, MediaEdit, PostEdit, PostFields
from posts.leak_rules.models import AllowedItem, RuleSwitch
from posts.library.models import Template
from posts.models import UPLOAD_PURPOSE, Post, PostChannel, PostMedia, Review, Revision, Thread
from posts.review import approvals, readings, signing
from posts.states import PostState
from publishing.deliveries import schedules
from publishing.models import (
    Broadcast,
    CalendarLink,
    Delivery,
    Occurrence,
    Pause,
    Recall,
    Series,
    ShareLink,
)
from publishing.states import Reason, State
from tests import videos
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
    """Make the topic where it is missing: tests that commit empty the tables afterwards, the
    migrations' rows too."""
    names = {"name_vi": "Cảnh báo lừa đảo", "name_en": "Scam warnings"}
    return Topic.objects.get_or_create(code="lua_dao", defaults=names)[0]


def ministry() -> Unit:
    found = Unit.objects.filter(level=Level.MINISTRY).first()
    return found or Unit.objects.create(
        level=Level.MINISTRY,
        kind="bộ",
        place="Bộ Công an",
        name="Bộ Công an",
        valid_from=date(2025, 7, 1),
    )


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"can.bo.{n}")
    email = factory.LazyAttribute(lambda u: f"{u.username}@congan.example")
    full_name = factory.Sequence(lambda n: f"Nguyễn Văn An {n}")
    password = factory.django.Password(PASSWORD)


TOTP_SECRET = base64.b32encode(b"not a secret, a test").decode()
NEED_A_FACTOR = {Role.APPROVER, Role.OVERSEER, Role.ADMINISTRATOR}


def person(
    role: str = Role.OFFICER,
    unit: Unit | None = None,
    *,
    factor: bool | None = None,
    **fields: object,
) -> User:
    """Make somebody who holds ``role`` in ``unit`` (a new commune unless given).

    They have the authenticator app where their role needs a second factor; ``factor`` says
    otherwise.
    """
    user = UserFactory(**fields)
    if factor if factor is not None else role in NEED_A_FACTOR:
        with_app(user)
    Appointment.objects.create(
        user=user, unit=unit or UnitFactory(), role=role, valid_from=date(2025, 7, 1)
    )
    return user


def with_app(user: User) -> User:
    """Give ``user`` an authenticator app, whose codes `code` tells."""
    TOTP.activate(user, TOTP_SECRET)
    return user


def code(secret: str = TOTP_SECRET) -> str:
    """Return the one-time code of this half minute. Each works once a person: forget the used ones
    to use it again."""
    cache.clear()
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def factor_reset(user: User, **fields: object) -> FactorReset:
    """Make a recovery that a first administrator has asked for."""
    values = {"reason": "Mất điện thoại", "asked_by": UserFactory(), "asked_at": timezone.now()}
    return FactorReset.objects.create(user=user, **{**values, **fields})


def system_change(user: User | None = None, **fields: object) -> SystemChange:
    """Make a change of the system's people that one of them proposed."""
    values = {
        "kind": ChangeKind.DISABLE,
        "reason": "Nghỉ việc",
        "asked_by": fields.pop("asked_by", None) or UserFactory(),
        "asked_at": timezone.now(),
    }
    return SystemChange.objects.create(user=user or UserFactory(), **{**values, **fields})


def operator(**fields: object) -> User:
    """Make a system operator with an authenticator app."""
    return with_app(UserFactory(is_staff=True, is_superuser=True, **fields))


def ministry_request(unit: Unit, **fields: object) -> MinistryRequest:
    """Make a request of somebody whom the ministry knows and nobody here; the mapping led it to
    ``unit``."""
    now, subject = timezone.now(), secrets.token_hex(8)
    values = {
        "issuer": "https://dangnhap.bca.example",
        "subject": subject,
        "code": "ABCD-2345",
        "asked_at": now,
    }
    return MinistryRequest.objects.create(
        unit=unit, **{**values, "expires_at": now + timedelta(days=14), **fields}
    )


def delegation(
    unit: Unit | None = None, *, chief: User | None = None, deputy: User | None = None, **fields
) -> Delegation:
    """Make a delegation in force, to a deputy who approves at once unless ``fields`` say
    otherwise."""
    unit = unit or UnitFactory()
    values = {
        "chief": chief or person(Role.APPROVER, unit),
        "deputy": deputy or person(Role.OFFICER, unit),
        "chief_position": "Trưởng Công an phường",
        "deputy_position": "Cán bộ",
        "valid_from": timezone.localdate(),
        "valid_to": timezone.localdate() + timedelta(days=6),
        "reason": "Nghỉ phép",
        "given_at": timezone.now(),
    }
    return Delegation.objects.create(unit=unit, **{**values, **fields})


class CampaignFactory(DjangoModelFactory):
    class Meta:
        model = Campaign

    unit = factory.SubFactory(UnitFactory)
    name = factory.Sequence(lambda n: f"Đợt cao điểm phòng, chống lừa đảo {n}")
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=10))
    ends_on = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=20))
    created_by = factory.SubFactory(UserFactory)


def checklist_item(unit: Unit) -> ChecklistItem:
    return ChecklistItem.objects.create(
        campaign=CampaignFactory(unit=unit), text="Gửi bộ bài", due_on=timezone.localdate()
    )


def campaign_result(campaign: Campaign, closed_by: User | None = None) -> CampaignResult:
    """Close the campaign with the figures that it has, as `close` does."""
    content = freeze_content(campaign, make_whole_period(campaign))
    text = to_canonical_json(content)
    campaign.closed_at = timezone.now()
    campaign.save()
    return CampaignResult.objects.create(
        campaign=campaign,
        content=json.loads(text),
        content_sha256=hashlib.sha256(text.encode()).hexdigest(),
        lessons="Gửi bộ bài sớm hơn một tuần.",
        closed_by=closed_by or campaign.created_by,
        position="Trưởng phòng",
        closed_at=campaign.closed_at,
    )


def public_summary(unit: Unit | None = None, campaign: Campaign | None = None) -> PublicSummary:
    campaign = campaign or CampaignFactory(unit=unit)
    campaign_result(campaign)
    return PublicSummary.objects.create(
        campaign=campaign, shown_by=campaign.created_by, shown_at=timezone.now()
    )


def calendar_link(user: User, unit: Unit, *, secret: str = "abc", **fields: object) -> CalendarLink:
    values = {"own_posts": False, "made_at": timezone.now(), **fields}
    return CalendarLink.objects.create(
        user=user, unit=unit, secret_hash=CalendarLink.hash_of(secret), **values
    )


CONTACT = Contact(
    name="Lê Thị Hoa",
    phone="0905123456",
    email="doan@phuong.example",
    signed_for_partner="Trần Văn Bình",
    signed_for_unit="Phạm Văn Chính",
)


def partner(unit: Unit, *, contact: Contact = CONTACT, **fields: object) -> Partner:
    """Make a partner whose agreement is in force, with a page and a notice board."""
    today = timezone.localdate()
    values = {
        "kind": "youth_union",
        "name": "Đoàn Thanh niên phường",
        "document_number": "05/TTPH-CA-ĐTN",
        "document_title": "Thỏa thuận phối hợp tuyên truyền",
        "document_date": today - timedelta(days=30),
        "filed_at": "Tủ 2, cặp Phối hợp",
        "starts_on": today - timedelta(days=30),
        "ends_on": today + timedelta(days=300),
        "created_by": UserFactory(),
        "created_at": timezone.now(),
    }
    row = Partner(unit=unit, **{**values, **fields})
    if row.ended_at:
        row.document_title = row.filed_at = ""
    else:
        row.sealed = sealed_contact(contact, row)
    row.save()
    if not row.ended_at:
        PartnerPlace.objects.create(
            partner=row, kind="page", address="https://www.facebook.com/doanphuong"
        )
        PartnerPlace.objects.create(partner=row, kind="notice_board")
    return row


def share(unit: Unit, *, secret: str = "abc", **fields: object) -> ShareLink:
    """Make an open page of a live post with a picture for a partner of the unit."""
    live = live_delivery(unit=unit, media=[media(unit)])
    values = {
        "link": link(unit),
        "partner": fields.pop("partner", None) or partner(unit),
        "post": live.post,
        "revision": live.revision,
        "secret_hash": ShareLink.hash_of(secret),
        "made_by": UserFactory(),
        "made_at": timezone.now(),
        "expires_on": timezone.localdate() + timedelta(days=30),
    }
    return ShareLink.objects.create(unit=unit, **{**values, **fields})


def kit_share(unit: Unit, *, secret: str = "abc", **fields: object) -> ShareLink:
    """Make an open page of an issued kit of the unit, with a picture and no placeholders, for a
    partner of it.
    """
    shared = fields.pop("kit", None) or kit(unit, state="issued", placeholders=[], text="Gọi 113.")
    KitMedia.objects.create(version=shared.current, media=media(unit), position=0)
    values = {
        "partner": fields.pop("partner", None) or partner(unit),
        "version": shared.current,
        "link": link(unit),
        "secret_hash": ShareLink.hash_of(secret),
        "made_by": UserFactory(),
        "made_at": timezone.now(),
        "expires_on": timezone.localdate() + timedelta(days=30),
    }
    return ShareLink.objects.create(unit=unit, kit=shared, **{**values, **fields})


def campaign_file(
    unit: Unit, *, of: Campaign | Kit | None = None, **fields: object
) -> CampaignFile:
    """Make a checked file of a campaign of the unit, or of the campaign or kit given."""
    of = of or CampaignFactory(unit=unit)
    values = {
        "name": "Kế hoạch 105/KH-CAT",
        "kind": "pdf",
        "content_type": "application/pdf",
        "size": 9,
        "sha256": hashlib.sha256(str(timezone.now()).encode()).hexdigest(),
        "state": "ready",
        "was_read": True,
        "added_at": timezone.now(),
        "job": jobs.create_done("campaign_file"),
    }
    row = CampaignFile.objects.create(
        campaign=of.campaign if isinstance(of, Kit) else of,
        kit=of if isinstance(of, Kit) else None,
        unit=unit,
        added_by=fields.pop("added_by", None) or UserFactory(),
        **values | fields,
    )
    FilePart.objects.create(file=row, number=0, data=b"%PDF-")
    FilePart.objects.create(file=row, number=1, data=b"rest")
    return row


def kit(unit: Unit | None = None, **fields: object) -> Kit:
    """Make a kit of a province, as a draft unless ``fields`` name another state: as issued it is
    for all units below.
    """
    unit = unit or ProvinceFactory()
    author, approver = UserFactory(), UserFactory()
    campaign = fields.pop("campaign", None) or CampaignFactory(unit=unit)
    now = timezone.now()
    row = Kit.objects.create(
        unit=unit,
        campaign=campaign,
        topic=topic(),
        name=fields.pop("name", "Phòng cháy khi sạc xe điện"),
        created_by=author,
        created_at=now,
    )
    values = {
        "title": "Sạc xe điện an toàn",
        "text": "Công an {don_vi} nhắc bà con ở {khu_vuc}: không sạc xe qua đêm.\n\nCháy, gọi 114.",
        "placeholders": [
            {
                "name": "khu_vuc",
                "kind": "place",
                "label": "Khu vực",
                "hint": "Khu nhà trọ hoặc tổ dân phố",
                "example": "tổ 5",
                "limit": 60,
            }
        ],
        "platforms": ["facebook", "zalo"],
        "window_from": timezone.localdate(),
        "window_until": timezone.localdate() + timedelta(days=20),
        "all_below": True,
        "author": author,
        "last_editor": author,
        "changed_at": now,
        **fields,
    }
    state = values.pop("state", "draft")
    version = KitVersion.objects.create(kit=row, number=1, **values)
    version.writers.add(author)
    version.state = state
    if state != "draft":
        version.content_sha256 = kit_digest(version)
    if state in ("approved", "issued", "replaced"):
        version.approved_by, version.approved_at = approver, now
        for name, value in seal_of_kit(version).items():
            setattr(version, name, value)
    if state == "issued":
        version.issued_at, version.announced_at = now, now
    version.save()
    if state == "issued":
        row.current = version
        row.save()
    return row


def matter(unit: Unit, **fields: object) -> Matter:
    """Make a matter that the ministry opened with ``unit`` and that waits for an answer."""
    now = timezone.now()
    values = {
        "asked_from": unit.parent or unit,
        "subject": "other",
        "text": "Trang của đơn vị chưa có ảnh đại diện. Đề nghị bổ sung.",
        "deadline": timezone.localdate() + timedelta(days=3),
        "asked_by": UserFactory(),
        "position": "Cán bộ theo dõi",
        "asked_at": now,
        "changed_at": now,
    }
    return Matter.objects.create(unit=unit, **{**values, **fields})


def topic_rule(unit: Unit, **fields: object) -> TopicRule:
    """Make posts of the unit and all below it on the usual topic need a second approval."""
    values = {
        "topic": topic(),
        "asks": TopicRule.Asks.SECOND_APPROVAL,
        "valid_from": timezone.localdate(),
        "reason": "Kế hoạch 12",
        "set_by": UserFactory(),
        "set_at": timezone.now(),
    }
    return TopicRule.objects.create(unit=unit, **{**values, **fields})


def link(unit: Unit, **fields: object) -> Link:
    """Make a short link of the unit that leads to a site of the state."""
    values = {
        "code": secrets.token_hex(4),
        "title": "Đăng ký tạm trú",
        "target": "https://dichvucong.bocongan.gov.vn/tam-tru",
        "created_by": UserFactory(),
        "created_at": timezone.now(),
    }
    values |= fields
    values["search"] = fold(f"{values['title']} {values['target']}")
    return Link.objects.create(unit=unit, **values)


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
    confirmed_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def secrets(channel, create, given, **_):
        channel.sealed = sealing.seal(given or {"token": "token-of-nobody"}, row=row_name(channel))
        channel.save(update_fields=["sealed"])


class PostFactory(DjangoModelFactory):
    """A complete draft: title, text, topic and, unless ``channels`` says otherwise, one Facebook
    page.
    """

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
            PostMedia.objects.create(
                post=post, media=media, position=position, alt_text="Ảnh minh họa"
            )


def submitted(post: Post | None = None, **fields: object) -> Post:
    """Make a post in review, by rows rather than by services."""
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
    post.state, post.current_revision, post.submitted_at = (
        PostState.IN_REVIEW,
        revision,
        timezone.now(),
    )
    post.save()
    return post


def mark(revision: Revision, by: User, *, since: timedelta = timedelta(minutes=1)) -> str:
    """Return the mark of a review's form that ``by`` has had on the screen since then."""
    return readings.open_revision(revision, by=by, now=timezone.now() - since)


def queue_mark(by: User, *opened: Revision, since: timedelta = timedelta(minutes=1)) -> str:
    """Return the mark of the queue's form, whose person has opened these revisions."""
    for revision in opened:
        mark(revision, by)
    return make_render_mark("queue", by=by, now=timezone.now() - since)


def proof() -> approvals.Proof:
    """Return the proof of an approver who has just proved a factor."""
    return approvals.Proof(approvals.Method.CODE, timezone.now(), "0")


def approved(
    post: Post | None = None,
    by: User | None = None,
    decided_at: datetime | None = None,
    **fields: object,
) -> Post:
    post = submitted(post, **fields)
    by = by or person(Role.APPROVER, post.unit)
    revision = post.current_revision
    review = Review.objects.create(
        revision=revision,
        decision="approved",
        by=by,
        position="Trưởng Công an phường",
        author=revision.author,
        editor=revision.editor,
        content_sha256=revision.content_sha256,
        decided_at=decided_at or timezone.now(),
    )
    signing.sign(review, revision, proof())
    post.state, post.approved_revision = PostState.APPROVED, revision
    post.save()
    return post


def rule_switch(rule: str, severity: str, **fields: object) -> RuleSwitch:
    """Make a rule of the leak check milder or stricter, as two people of the ministry do."""
    now = timezone.now()
    return RuleSwitch.objects.create(
        **{
            "rule": rule,
            "severity": severity,
            "valid_from": timezone.localdate(now),
            "reason": "Nhiều báo động nhầm",
            "set_by": UserFactory(),
            "set_at": now,
            "confirmed_by": UserFactory(),
            "confirmed_at": now,
            **fields,
        }
    )


def allowed_item(unit: Unit, value: str = "0912345678", **fields: object) -> AllowedItem:
    """Make a number that a unit may publish by the word of two people."""
    now = timezone.now()
    return AllowedItem.objects.create(
        **{
            "unit": unit,
            "kind": AllowedItem.Kind.PHONE,
            "value": value,
            "label": "Trực ban",
            "entered_by": UserFactory(),
            "entered_at": now,
            "confirmed_by": UserFactory(),
            "confirmed_at": now,
            **fields,
        }
    )


def thread(post: Post | None = None, **fields: object) -> Thread:
    """Make a thread in which a leader proposes other words for the title of a submitted post."""
    post = post or submitted(**fields)
    leader, now = person(Role.APPROVER, post.unit), timezone.now()
    made = Thread.objects.create(
        revision=post.current_revision, quote=post.title, place="title", begun_at=now
    )
    made.comments.create(
        author=leader,
        position="Trưởng Công an phường",
        text="Nên ngắn hơn",
        proposal="Cảnh giác",
        written_at=now,
    )
    return made


# Nothing is in these states without a reason.
_REASONS = {
    State.VERIFYING: Reason.UNKNOWN,
    State.NEEDS_PERSON: Reason.UNKNOWN,
    State.FAILED: Reason.REFUSED,
    State.EXPIRED: Reason.EXPIRED,
}


def in_state(state: State, **fields: object) -> dict[str, object]:
    """Return the state with a reason that it may bear, to be written into a row."""
    return {"state": state, "error_code": _REASONS.get(state, Reason.NONE), **fields}


def delivery(
    post: Post | None = None, channel: Channel | None = None, **fields: object
) -> Delivery:
    """Make a delivery of an approved post to its first channel, due now and scheduled, unless
    ``fields`` say otherwise."""
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
    fields = in_state(fields.pop("state", State.SCHEDULED), **fields)
    row = Delivery(post=post, channel=channel, **{**values, **fields})
    schedules.seal(row)
    row.save()
    return row


def recorded(row: Delivery, *states: str) -> Delivery:
    """Record that the delivery came into its state, or into ``states``, as services do."""
    for state in states or (row.state,):
        record(f"delivery.{state}", row)
    return row


def plan_anew(row: Delivery, **fields: object) -> Delivery:
    """Give the delivery other times, as if it had been scheduled for them from the first."""
    for name, value in fields.items():
        setattr(row, name, value)
    schedules.seal(row)
    row.save(update_fields=[*fields, "key_id", "seal"])
    return row


def series(unit: Unit, n: int = 3, **fields: object) -> Series:
    """Make a series of ``n`` weekly drafts with one content."""
    first = PostFactory(unit=unit, **fields)
    made = Series.objects.create(
        unit=unit,
        title=first.title,
        rhythm="weeks",
        step=1,
        made_by=first.author,
        made_at=timezone.now(),
    )
    start = timezone.now().replace(second=0, microsecond=0) + timedelta(days=2)
    for number in range(1, n + 1):
        post = first
        if number > 1:
            same = {name: getattr(first, name) for name in ("title", "body", "topic", "author")}
            channels = [target.channel for target in first.targets.all()]
            post = PostFactory(unit=unit, channels=channels, **same)
        post.requested_time = start + timedelta(weeks=number - 1)
        post.save()
        Occurrence.objects.create(series=made, post=post, number=number)
    return made


def pause(unit: Unit, *, since: timedelta | None = timedelta(0), **fields: object) -> Pause:
    """Make a pause of the unit and all below it, active since now; ``since`` None: prepared
    only.
    """
    started_at = None if since is None else timezone.now() - since
    values = {
        "reason": "Xác minh sự cố",
        "authority": unit,
        "created_by": UserFactory(),
        "started_at": started_at,
    }
    return Pause.objects.create(unit=unit, **{**values, **fields})


def recalled(post: Post | None = None, **fields: object) -> Recall:
    """Make a recall of one post, whose delivery is being taken down."""
    row = delivery(post or approved(**fields), state="recalling", remote_id=f"1_{next(_numbers)}")
    now = timezone.now()
    made = Recall.objects.create(
        unit=row.unit,
        post=row.post,
        reason="Số điện thoại trong bài sai",
        by=person(Role.APPROVER, row.unit),
        position="Trưởng Công an phường",
        started_at=now,
    )
    Delivery.objects.filter(pk=row.pk).update(recall=made, published_at=now, verify_at=now)
    return made


def live_delivery(
    channel: Channel | None = None,
    *,
    unit: Unit | None = None,
    media: Sequence[Media] = (),
    **fields: object,
) -> Delivery:
    """Make a post that the engine published on a Zalo account, unless another channel is named."""
    channel = channel or ChannelFactory(unit=unit or UnitFactory(), platform="zalo")
    post = approved(unit=channel.unit, channels=[channel], media=media)
    there = {
        "state": "published",
        "remote_id": f"{next(_numbers):032x}",
        "published_at": timezone.now(),
    }
    return delivery(post, channel, **{**there, **fields})


def board_note(unit: Unit, **fields: object) -> BoardNote:
    now = timezone.now()
    day = timezone.localdate()
    values = {
        "first": day,
        "last": day,
        "text": "Ra quân tháng cao điểm",
        "author": UserFactory(),
        "position": "Trưởng Công an",
        "written_at": now,
        "changed_at": now,
    }
    return BoardNote.objects.create(unit=unit, **{**values, **fields})


def example(unit: Unit | None = None, *posts: Post, **fields: object) -> Example:
    """Make an example of a live post, proposed unless ``fields`` name another state."""
    posts = posts or (live_delivery(unit=unit).post,)
    state = fields.get("state", "proposed")
    now = timezone.now()
    accepted: dict[str, object] = {}
    if state in ("province", "nation"):
        accepted |= {"province_by": UserFactory(), "province_at": now}
    if state == "nation":
        accepted |= {"nation_by": UserFactory(), "nation_at": now}
    if state in ("returned", "withdrawn"):
        accepted |= {"ended_by": UserFactory(), "ended_at": now, "reason": "Chưa rõ"}
    values = {
        "name": "Tổ dân phố nhắc nhau khóa van gas",
        "topic": topic(),
        "why_heard": "Đăng đúng giờ bà con nấu cơm chiều.",
        "why_clear": "Mỗi bài chỉ nhắc một việc.",
        "advice": "Đọc thêm trên loa phường.",
        "proposed_by": UserFactory(),
        "proposed_at": now,
        "platforms": "|zalo|",
        "figures": [],
        **accepted,
        **fields,
    }
    values["search"] = fold(f"{values['name']} {values['why_heard']} {posts[0].unit.label}")
    row = Example.objects.create(unit=posts[0].unit, **values)
    for at, post in enumerate(posts):
        revision = post.approved_revision or post.current_revision
        ExamplePost.objects.create(example=row, post=post, revision=revision, position=at)
    return row


def report(unit: Unit | None = None, *, fill: bool = False, **fields: object) -> Report:
    """Make a report of the last month of which the unit has none, with the figures of this moment,
    as `begin` does; one that is approved or sent has its approval and its files. ``fill``: with the
    portal's own count of units that sent nothing.
    """
    unit = unit or UnitFactory()
    kind = str(fields.get("kind", "month"))
    now = timezone.now()
    there = set(unit.reports.filter(kind=kind).values_list("first", flat=True))
    ended = reporting_periods.list_recent_periods(kind, timezone.localdate(), 15, most=12)[:-1]
    period = next(period for period in ended if period.first not in there)
    (figures,) = report_figures.freeze_figures([unit], kind, period, now=now, first=15, fill=fill)
    were_sent = fields.get("state") in {"sent", "returned"}
    is_frozen = were_sent or fields.get("state") == "approved"
    values = {
        "kind": kind,
        "first": period.first,
        "last": period.last,
        "due_on": period.last + timedelta(days=11),
        "author": UserFactory(),
        "sent_at": now if were_sent else None,
        "number": "12" if were_sent else "",
        "signed_on": timezone.localdate(now) if were_sent else None,
        "made_at": now,
        "changed_at": now,
    }
    row = Report.objects.create(unit=unit, figures=figures, **{**values, **fields})
    row.writers.add(row.author)
    if is_frozen:
        content = build_content(row)
        ReportApproval.objects.create(
            report=row,
            content=content,
            content_sha256=report_figures.compute_digest(content),
            author=row.author,
            approved_by=UserFactory(),
            position="Trưởng Công an phường",
            approved_at=now,
        )
        ReportFile.objects.bulk_create(
            ReportFile(report=row, format=format, job=job("report_file", "waiting"))
            for format in MADE
        )
    return row


def report_with_files(unit: Unit | None = None) -> Report:
    """Make a sent report whose files are there."""
    row = report(unit, state="sent")
    Job.objects.filter(reportfile__report=row).update(state="done", ended_at=timezone.now())
    row.files.update(data=b"%PDF-", made_at=timezone.now())
    return row


def broadcast(row: Delivery | None = None, by: User | None = None, **fields: object) -> Broadcast:
    """Make a broadcast that a first person has asked for."""
    row = row or live_delivery(**fields)
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


def upload(post: Post, **fields: object) -> Upload:
    """Make an upload on its way for ``post``, of nine bytes of which none has come."""
    purpose = {"unit": post.unit, "purpose": UPLOAD_PURPOSE, "purpose_id": post.public_id}
    return Upload.objects.create(**{"user": post.author, "size": 9, **purpose, **fields})


def media(unit: Unit, *, text: str = "", picture: Image.Image | None = None) -> Media:
    """Make a real small JPEG in the media store, of ``picture`` if it matters what it shows;
    ``text`` makes its bytes, and so its hash, its own."""
    out = io.BytesIO()
    if picture is None:
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
    scanned(row)
    return row


def job(kind: str, state: str = "done", **fields: object) -> Job:
    """Make a job, as it is when its work is in that state."""
    now = timezone.now()
    values: dict[str, object] = {"run_at": now, "queued_at": now}
    if state == "running":
        values |= {"owner": uuid.uuid4(), "leased_until": now + timedelta(minutes=1)}
    elif state != "waiting":
        values["ended_at"] = now
    return Job.objects.create(kind=kind, state=state, **values | fields)


def scanned(
    media: Media,
    *boxes: dict[str, object],
    state: str = "done",
    progress: int = 100,
    **fields: object,
) -> Scan:
    """Say what the scanners found in ``media``: nothing unless ``boxes`` are given."""
    made = job("scan", state, progress=progress)
    if former := Job.objects.filter(scan__media=media).first():
        made.delete()
        made.pk = former.pk
        made.save(force_update=True)
    values = {"missing": [], **fields, "job": made}
    scan, _is_new = Scan.objects.update_or_create(media=media, defaults=values)
    scan.boxes.all().delete()
    place = {"x": 1000, "y": 1000, "width": 1500, "height": 2000}
    for n, box in enumerate(boxes):
        Box.objects.create(scan=scan, **{**place, "x": 1000 + 2000 * n, **box})
    return scan


FACE = {"kind": "face", "rule": "face", "severity": "soft"}


def template(unit: Unit, **fields: object) -> Template:
    """Make a template of the unit, with the unit's name as its one placeholder."""
    values = {
        "title": f"Cảnh giác số {next(_numbers)}",
        "text": "Công an không yêu cầu chuyển tiền qua điện thoại.\n\n{don_vi}",
        "changed_at": timezone.now(),
        **fields,
    }
    values.setdefault("topic", topic())
    return Template.objects.create(
        unit=unit, search=fold(f"{values['title']} {values['text']}"), **values
    )


def snippet(unit: Unit, **fields: object) -> Template:
    """Make a signature of the unit for posts on every topic."""
    values = {"kind": "signature", "title": "Chữ ký", "text": "{don_vi}. Khẩn cấp gọi 113."}
    return Template.objects.create(unit=unit, changed_at=timezone.now(), **values | fields)


def reply_phrase(unit: Unit, text: str = "Mời bà gọi 113.", **fields: object) -> ReplyPhrase:
    """Make an approved answer of the unit's reply desk."""
    now = timezone.now()
    values = {"proposed_by": UserFactory(), "proposed_at": now, "approved_at": now} | fields
    if values["approved_at"]:
        values.setdefault("approved_by", UserFactory())
    return ReplyPhrase.objects.create(unit=unit, text=text, **values)


def reply_release(unit: Unit, who: User | None = None, **fields: object) -> ReplyRelease:
    """Make a leader's release of own words for ``who``, given an hour ago."""
    given = timezone.now() - timedelta(hours=1)
    values = {
        "person": who or person(Role.OFFICER, unit),
        "released_by": person(Role.APPROVER, unit),
        "released_at": given,
        "until": given + timedelta(days=1),
    }
    return ReplyRelease.objects.create(unit=unit, **{**values, **fields})


def allowed(platform: str, unit: Unit) -> PlatformAllowance:
    """Record that the province of ``unit`` allows a platform that is off at first."""
    return PlatformAllowance.objects.create(
        unit=unit.parent, platform=platform, allowed_by=UserFactory(), reason="Kế hoạch 12"
    )


def unrecognised_post(channel: Channel, **fields: object) -> UnrecognisedPost:
    """Make a post on the channel's page that the portal did not make, seen just now."""
    number = next(_numbers)
    now = timezone.now()
    values = {"external_id": f"strange-{number}", "permalink": f"{channel.address}/posts/{number}"}
    return UnrecognisedPost.objects.create(
        channel=channel, **{**values, "published_at": now, "seen_at": now, **fields}
    )


def page_change(unit: Unit, **texts: str) -> PageChange:
    """Make a proposal of words for a page of ``unit`` that waits for a second person."""
    channel = ChannelFactory(unit=unit)
    texts = texts or {"description": "Trang chính thức. Tin báo khẩn: 113."}
    return PageChange.objects.create(
        channel=channel,
        unit=unit,
        texts=texts,
        content_sha256=digest_of(channel, texts),
        proposed_by=person(Role.OFFICER, unit),
        proposed_at=timezone.now(),
    )


def connected(
    simulator: object, platform: str, unit: Unit | None = None, **page: object
) -> Channel:
    """Make a channel whose page is in the simulator, with working tokens."""
    unit = unit or UnitFactory()
    if platform == "instagram":  # opened by the token of the page that it is linked to
        page.setdefault("facebook_page", simulator.page("facebook", name=unit.name)["external_id"])
    made = simulator.page(platform, name=unit.name, **page)
    tokens = made["tokens"]
    secrets = {
        "token": tokens.get("page_token") or tokens.get("access_token") or tokens["bot_token"]
    }
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


def video(
    unit: Unit, *, seconds: float = 3.0, width: int = 360, height: int = 640, **fields: object
) -> Media:
    """Make a real small video in the media store, with its cover; ``fields`` of the row
    overrule.
    """
    # Of its own hash, though encoded once; a long one is only said to be long.
    data = videos.video_file(width, height, min(seconds, 3.0))
    data += videos.box(b"free", b"%d" % next(_numbers))
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
    scanned(row)
    return row


def edit_of(
    post: Post,
    *,
    texts=None,
    pictures=(),
    captions=None,
    formats=None,
    options=None,
    **fields: object,
) -> PostEdit:
    """Build a person's edit of ``post``: its own fields but for ``fields``, its own channels but
    for ``texts``.
    """
    names = ("title", "body", "link", "topic", "campaign", "valid_until", "requested_time")
    if texts is None:
        texts = {target.channel: target.text for target in post.targets.select_related("channel")}
    captions, formats, options = captions or {}, formats or {}, options or {}
    return PostEdit(
        PostFields(
            **{**{n: getattr(post, n) for n in names}, **post.legal_basis_fields(), **fields}
        ),
        {
            channel: ChannelEdit(
                text, formats.get(channel, ""), options.get(channel, {}), switched=True
            )
            for channel, text in texts.items()
        },
        [MediaEdit(media, alt, captions.get(media, "")) for media, alt in pictures],
    )


def export(user: User, **fields) -> Export:
    """A file that waits for a worker, in the positions that its person has now."""
    with transaction.atomic():
        job = jobs.enqueue("export", key=str(user.pk), send=False)
    return Export.objects.create(
        **{
            "job": job,
            "made_by": user,
            "kind": "campaign",
            "format": "csv",
            "language": "vi",
            "positions": list_positions(user),
            "name": "campaign",
            "page": "/",
            "total": 3,
            "asked_at": timezone.now(),
            **fields,
        }
    )
