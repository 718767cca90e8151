"""Pages to which the steps of a guide lead, beside those that its front matter names, and what has
to be there for them to look as the guide says.
"""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from accounts.models import Notice, User
from accounts.permissions import Role
from engagement.models import ReplyAllowance
from oversight.matters.states import MatterState
from posts.review import decisions
from publishing.states import State
from tests import factories
from tests.architecture.test_access import MAKERS
from tests.handbook.pages import Stop
from units.models import Level, UnitFacts

SUSPECT = (
    "Kẻ trộm là Nguyễn Văn Tám, sinh năm 1990, số căn cước 048090001234, điện thoại 0912345678."
)


def _kind(name: str) -> Callable:
    """Make a row of one of the kinds of the matrix, for a URL with one argument."""
    return lambda unit: {"public_id": MAKERS[name](unit)}


def _draft(unit) -> dict:
    media = [factories.media(unit)]
    return {"public_id": factories.PostFactory(unit=unit, media=media).public_id}


def _leaking_draft(unit) -> dict:
    return {"public_id": factories.PostFactory(unit=unit, body=f"<p>{SUSPECT}</p>").public_id}


def _video(unit) -> dict:
    return {"public_id": factories.video(unit).public_id}


def _video_for_tiktok(unit) -> dict:
    channel = factories.ChannelFactory(unit=unit, platform="tiktok")
    post = factories.PostFactory(unit=unit, channels=[channel], media=[factories.video(unit)])
    return {"public_id": post.public_id}


def _scheduled(unit) -> dict:
    due_at = timezone.now() + timedelta(days=1)
    row = factories.delivery(factories.approved(unit=unit), due_at=due_at)
    return {"public_id": row.post.public_id}


def _published(unit) -> dict:
    channel = factories.ChannelFactory(unit=unit)
    return {"public_id": factories.live_delivery(channel).post.public_id}


def _shared(unit) -> dict:
    factories.share(unit)
    return {}


def _to_share(unit) -> dict:
    factories.partner(unit)
    return _published(unit)


def _phrase(unit) -> dict:
    factories.person(Role.OFFICER, unit)
    factories.reply_phrase(unit)
    factories.reply_phrase(unit, text="Mời ông đến trụ sở.", approved_at=None)
    return {}


def _example_of_others(_unit) -> dict:
    return {"public_id": factories.example(factories.UnitFactory(), state="nation").public_id}


def _commune(province) -> dict:
    return {"key": factories.UnitFactory(parent=province).key}


def _answered(unit) -> dict:
    row = factories.matter(
        factories.UnitFactory(parent=unit), asked_from=unit, state=MatterState.ANSWERED
    )
    return {"public_id": row.public_id}


def _campaign(unit) -> dict:
    """Make a campaign of the province, with a file and a kit that the unit has."""
    kit = factories.kit(unit.parent, state="issued")
    factories.campaign_file(unit.parent, of=kit.campaign)
    return {"public_id": kit.campaign.public_id}


def _number_to_confirm(unit) -> dict:
    factories.allowed_item(unit, confirmed_by=None, confirmed_at=None)
    return {}


def _rule(unit) -> dict:
    factories.topic_rule(unit)
    return {}


def _telegram(unit) -> dict:
    province = unit if unit.level == Level.PROVINCE else factories.ProvinceFactory()
    factories.allowed("telegram", factories.UnitFactory(parent=province))
    return {}


def _open_desk(province) -> dict:
    ReplyAllowance.objects.create(
        unit=province, allowed_by=factories.UserFactory(), reason="Có cán bộ trực trả lời."
    )
    return {}


def _commented(unit, simulator) -> dict:
    """Make a post under which somebody asked, at a desk that may answer from the portal."""
    _open_desk(unit.parent)
    factories.reply_phrase(unit)
    channel = factories.connected(simulator, "facebook", unit)
    text = "Công an không gọi điện đòi tiền."
    shown = simulator.post("facebook", channel.external_id, text)
    simulator.comment(channel.external_id, shown["id"], "Cho tôi hỏi số trực ban?", by="Cư dân")
    row = factories.delivery(
        factories.approved(unit=unit, channels=[channel]),
        channel,
        state=State.PUBLISHED,
        remote_id=shown["id"],
        published_at=timezone.now(),
    )
    return {"public_id": row.public_id}


def _waiting_for_second(province) -> dict:
    unit = factories.UnitFactory(parent=province)
    factories.topic_rule(province)
    post = factories.submitted(unit=unit)
    chief = factories.person(Role.APPROVER, unit)
    decisions.approve(post, post.current_revision, by=chief, proof=factories.proof())
    return {"public_id": post.public_id}


def _notices(_unit) -> dict:
    for user in User.objects.all():
        facts = {"by": "Nguyễn Thị Bình", "title": "Khóa cửa cẩn thận"}
        Notice.objects.create(user=user, kind="post_approved", facts=facts, address="/")
    return {}


def _with_app(unit) -> dict:
    return {"public_id": factories.person(Role.APPROVER, unit).public_id}


def give_facts(unit) -> dict:
    """Give the unit a telephone on duty."""
    UnitFacts.objects.create(unit=unit, duty_phone="02363000101", changed_at=timezone.now())
    return {}


# Its frame has the sidebar and the menu of the account, as every page.
FIRST = Stop("oversight:today")
COMPOSER = Stop("posts:edit", make=_draft)
POST = Stop("publishing:post", make=_published)
WALKS: dict[str, tuple[Stop, ...]] = {
    "bai-bi-tra-lai": (COMPOSER, Stop("posts:discussion", make=_kind("submitted_post"))),
    "bai-co-anh": (COMPOSER,),
    "bai-co-video": (
        Stop("posts:edit", make=_video_for_tiktok),
        Stop("posts:edit_video", make=_video),
    ),
    "bao-cao-cap-tinh": (Stop("engagement:begin_report"),),
    "cau-tra-loi-mau": (Stop("engagement:reply_words", make=_phrase),),
    "chia-se-doi-tac": (
        POST,
        Stop("publishing:share", make=_to_share),
        Stop("publishing:share_list", make=_shared),
    ),
    "cho-phep-nen-tang": (
        Stop("channels:list"),
        Stop("channels:allowances"),
        Stop("channels:allowances", make=_telegram),
    ),
    "dinh-chinh": (POST, Stop("publishing:correctable"), Stop("posts:new")),
    "doc-thong-bao": (Stop("accounts:notices", make=_notices),),
    "don-vi-sap-nhap": (
        Stop("units:unit", make=_commune),
        Stop("units:merge", make=_commune),
        Stop("units:close", make=_commune),
    ),
    "dung-bai-mau": (COMPOSER,),
    "dung-bo-noi-dung": (COMPOSER,),
    "dung-lai-bai-cu": (POST, Stop("posts:reuse"), Stop("posts:new")),
    "duyet-bao-cao": (
        Stop("engagement:report", make=_kind("submitted_report")),
        Stop("engagement:report", make=_kind("approved_report")),
    ),
    "duyet-lan-hai": (Stop("publishing:review", make=_waiting_for_second),),
    "giao-chuc-vu": (Stop("accounts:people"),),
    "gui-tin-zalo": (
        Stop("publishing:post", make=_kind("live_post")),
        Stop("publishing:broadcast", role="chief"),
    ),
    "hoc-cach-lam-hay": (
        Stop("engagement:example", make=_example_of_others),
        Stop("engagement:examples"),
        Stop("engagement:post_counts", make=_published),
    ),
    "gui-yeu-cau": (Stop("oversight:matter", make=_answered),),
    "hen-gio-dang": (
        Stop("publishing:post", make=_kind("approved_post")),
        Stop("publishing:post", make=_scheduled),
        Stop("publishing:move_all", make=_scheduled),
    ),
    "khoa-tai-khoan": (Stop("accounts:people"),),
    "khung-gio-lap-lai": (POST, COMPOSER, Stop("publishing:slots")),
    "kiem-tra-lo-lot": (Stop("posts:edit", make=_leaking_draft),),
    "lap-bao-cao": (Stop("engagement:report"),),
    "lay-lai-bai": (
        Stop("publishing:post", make=_kind("submitted_post")),
        Stop("publishing:post", make=_scheduled),
        POST,
    ),
    "mat-dien-thoai": (Stop("accounts:people"), Stop("accounts:person", make=_with_app)),
    "mo-tra-loi-binh-luan": (
        Stop("oversight:province"),
        Stop("engagement:desk_allowances"),
        Stop("engagement:desk_allowances", make=_open_desk),
    ),
    "nguoi-van-hanh": (Stop("accounts:system_changes", role="operator"),),
    "quy-dinh-chu-de": (Stop("campaigns:topic_rules", make=_rule),),
    "so-dien-thoai-duoc-neu": (Stop("posts:allowed", role="chief", make=_number_to_confirm),),
    "soan-bo-noi-dung": (
        Stop("kits:kit", make=_kind("submitted_kit")),
        Stop("kits:approve", make=_kind("submitted_kit")),
        Stop("kits:kit", make=_kind("approved_kit")),
    ),
    "tham-gia-chien-dich": (Stop("engagement:campaign", make=_campaign),),
    "thong-tin-don-vi": (Stop("posts:allowed", make=give_facts),),
    "thu-hoi-bai": (POST,),
    "thu-hoi-nhieu-trang": (
        Stop("kits:kit", make=_kind("issued_kit")),
        Stop("kits:withdraw", make=_kind("issued_kit")),
        Stop("engagement:campaign"),
    ),
    "tinh-trang-he-thong": (Stop("admin:index", role="operator"),),
    "tra-loi-binh-luan": (
        Stop("engagement:comments", make=_commented, simulated=True),
        Stop("engagement:reply_words"),
    ),
    "viec-quan-tri": (Stop("accounts:people"),),
}
