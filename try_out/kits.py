"""The try-out's kits: one of the ministry that two provinces pass on, and two of the city, of which
one asks its units for no words and can be shared with partners as it is.
"""

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import docx
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from campaigns import editing
from campaigns.files import storing
from campaigns.kits import announcing, issuing
from campaigns.kits.edits import KitEdit, PlaceholderEdit
from campaigns.kits.models import Kit, KitVersion
from campaigns.kits.states import PlaceholderKind
from campaigns.models import Campaign, Topic
from core import jobs
from media.models import Media
from try_out.history import time_set_to
from try_out.people import SECOND_PROVINCE, World
from units.models import Level, Unit

FALSE_CALLS = """{don_vi} nhắc bà con {khu_vuc}: có kẻ gọi điện tự xưng là cán bộ, giục cập nhật \
nơi ở mới trên VNeID và dọa khóa tài khoản. Đây là thủ đoạn lừa đảo.

Thông tin theo địa giới mới do hệ thống tự cập nhật, bà con không phải làm gì và không mất phí. \
Ứng dụng VNeID chỉ tải từ App Store hoặc Google Play.

Không bấm đường dẫn lạ, không đọc mã OTP, không chuyển tiền theo yêu cầu qua điện thoại. Lỡ bấm \
thì ngắt mạng, gọi ngay ngân hàng để khóa tài khoản và đến trụ sở trình báo.

Ai cần hướng dẫn cài đặt, mời đến {dia_diem} ngày {ngay_huong_dan}, có cán bộ giúp từng bước."""

CHARGING_NAME = "Sạc xe điện an toàn"
LEAVING_NAME = "Khóa gas, ngắt điện trước khi ra khỏi nhà"
CHARGING = """{don_vi} đề nghị bà con {khu_tro} không cắm sạc xe điện qua đêm trong nhà.

Sạc ban ngày, có người trông, dùng đúng bộ sạc theo máy. Không để xe và bình gas chắn lối đi, cầu \
thang. Mở sẵn lối thoát nạn thứ hai và cùng cả nhà tập một lần.

Khi cháy: hô to, cúi thấp người, che mũi bằng khăn ướt, đóng cửa phòng có khói và gọi 114."""


LEAVING = """{don_vi} nhắc bà con: trước khi ra khỏi nhà, dành một phút cho ba việc.

Khóa van bình gas. Ngắt điện bàn là, bếp, ấm đun nước, quạt. Rút sạc xe điện, sạc điện thoại.

Nhà có người già, trẻ nhỏ ở lại: dặn cách mở cửa và lối thoát nạn thứ hai.

Thấy khói, lửa: hô to cho mọi người biết, ra ngoài trước, rồi gọi 114. Cần hỏi thêm, bà con gọi \
trực ban {duong_day_nong}."""
LEAVING_SHORT = """Ra khỏi nhà: khóa gas, ngắt điện, rút sạc. Thấy khói, lửa gọi 114.

{don_vi}, trực ban {duong_day_nong}."""

PLAN = (
    "KẾ HOẠCH TUYÊN TRUYỀN CAO ĐIỂM CUỐI NĂM",
    "1. Mỗi đơn vị đăng ít nhất một bài mỗi tuần, vào khung giờ bà con hay đọc.",
    "2. Nội dung: phòng cháy khu nhà trọ, lừa đảo qua điện thoại, an toàn giao thông dịp Tết.",
    "3. Báo cáo kết quả trên cổng vào thứ Sáu hằng tuần.",
)
GUIDE = (
    "HƯỚNG DẪN NHẬN BỘ NỘI DUNG",
    "Điền tên khu nhà trọ của địa bàn, chọn khung giờ, trình lãnh đạo duyệt như mọi bài khác.",
)


def create_kits(world: World, now: datetime, *, year_end: Campaign) -> None:
    ministry = world.province.parent
    assert ministry is not None
    people = User.objects.in_bulk(
        ["bo.theodoi", "bo.phutrach", "tinh.theodoi", "hue.phutrach"], field_name="username"
    )
    today = timezone.localdate(now)
    with time_set_to(now - timedelta(days=5)):
        campaign = editing.begin_campaign(
            unit=ministry,
            by=people["bo.phutrach"],
            name="Mỗi gia đình một người hiểu đúng về VNeID",
            aim="Người dân biết VNeID không thu phí, không cập nhật qua điện thoại.",
            starts_on=today - timedelta(days=5),
            ends_on=today + timedelta(days=40),
            topics=Topic.objects.filter(code__in=["lua_dao", "vneid"]),
        )
        poster = Media.objects.filter(unit=ministry, shared=True)
        version = _create_issued_kit(
            ministry,
            _make_kit_on_false_calls(campaign, today, poster),
            writer=people["bo.theodoi"],
            leader=people["bo.phutrach"],
        )
    with time_set_to(now - timedelta(days=4)):
        note = "Ưu tiên khu nhà trọ và chợ; báo lại nếu bà con gặp số gọi lặp lại."
        issuing.pass_on(version.kit, unit=world.province, by=world.overseer, note=note)
        second = Unit.objects.get(level=Level.PROVINCE, code=SECOND_PROVINCE, valid_to=None)
        issuing.pass_on(version.kit, unit=second, by=people["hue.phutrach"])
    with time_set_to(now - timedelta(days=3)):
        charging = _create_issued_kit(
            world.province,
            _make_kit_on_charging(year_end, today),
            writer=people["tinh.theodoi"],
            leader=world.overseer,
        )
        _create_issued_kit(
            world.province,
            _make_kit_on_leaving(year_end, today),
            writer=people["tinh.theodoi"],
            leader=world.overseer,
        )
        announcing.announce_kits()
        _attach(year_end, "Kế hoạch tuyên truyền cao điểm cuối năm", PLAN, by=world.overseer)
        _attach(charging.kit, "Hướng dẫn nhận bộ nội dung", GUIDE, by=people["tinh.theodoi"])


def _attach(to: Campaign | Kit, name: str, lines: Iterable[str], *, by: User) -> None:
    """Attach a Word file of these paragraphs, checked as a worker does."""
    document, out = docx.Document(), io.BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.save(out)
    row = storing.add_file(to, ContentFile(out.getvalue(), "van-ban.docx"), name=name, by=by)
    jobs.run_job(row.job_id)


def create_new_versions(world: World, now: datetime) -> None:
    """Issue the ministry's kit again, which units have adopted, and let a new version of the
    city's wait for its leader.
    """
    names = ["bo.theodoi", "bo.phutrach", "tinh.theodoi"]
    people = User.objects.in_bulk(names, field_name="username")
    today = timezone.localdate(now)
    nation = Kit.objects.get(unit=world.province.parent)
    city = Kit.objects.get(unit=world.province, name=CHARGING_NAME)
    posters = Media.objects.filter(unit=nation.unit, shared=True)
    more = replace(
        _make_kit_on_false_calls(nation.campaign, today, posters),
        text=FALSE_CALLS.replace("không đọc mã OTP", "không đọc mã OTP, không chia sẻ màn hình"),
        changes="Thêm thủ đoạn mới: kẻ gian đề nghị chia sẻ màn hình điện thoại.",
    )
    clearer = replace(
        _make_kit_on_charging(city.campaign, today),
        text=CHARGING.replace("Sạc ban ngày, có người trông", "Sạc ban ngày, khi có người ở nhà"),
        changes="Viết rõ hơn: chỉ sạc khi có người ở nhà.",
    )
    with time_set_to(now - timedelta(hours=1)):
        writer = people["bo.theodoi"]
        version = issuing.begin_new_version(nation, by=writer)
        issuing.change_version(version, by=writer, edit=more)
        _approve_and_issue(version, writer=writer, leader=people["bo.phutrach"])
        writer = people["tinh.theodoi"]
        version = issuing.begin_new_version(city, by=writer)
        issuing.change_version(version, by=writer, edit=clearer)
        issuing.submit_version(version, by=writer)
        announcing.announce_kits()


def _create_issued_kit(unit: Unit, edit: KitEdit, *, writer: User, leader: User) -> KitVersion:
    version = issuing.begin_kit(unit=unit, by=writer, edit=edit)
    _approve_and_issue(version, writer=writer, leader=leader)
    return version


def _approve_and_issue(version: KitVersion, *, writer: User, leader: User) -> None:
    issuing.submit_version(version, by=writer)
    version.refresh_from_db()
    issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
    issuing.issue_version(version, by=writer)


def _make_kit_on_false_calls(campaign: Campaign, today: date, posters: Iterable[Media]) -> KitEdit:
    return KitEdit(
        name="Không ai gọi điện bắt cập nhật VNeID",
        campaign=campaign,
        topic=Topic.objects.get(code="lua_dao"),
        title="Không ai gọi điện bắt bà con cập nhật VNeID",
        text=FALSE_CALLS,
        texts={
            "tiktok": "Có cuộc gọi giục cập nhật VNeID? Tắt máy. {don_vi} không hướng dẫn qua "
            "điện thoại, không xin mã OTP."
        },
        placeholders=(
            PlaceholderEdit(
                "khu_vuc",
                PlaceholderKind.PLACE,
                "Khu dân cư hay bị gọi",
                hint="Tên tổ dân phố, thôn, chợ; không ghi số nhà, tên người",
                example="các tổ dân phố trên địa bàn",
                limit=80,
            ),
            PlaceholderEdit(
                "dia_diem",
                PlaceholderKind.PLACE,
                "Nơi hướng dẫn cài đặt",
                example="bộ phận một cửa",
                limit=80,
            ),
            PlaceholderEdit(
                "ngay_huong_dan",
                PlaceholderKind.DATE,
                "Ngày hướng dẫn",
                example=f"{today + timedelta(days=5):%d/%m/%Y}",
            ),
        ),
        script="Xin bà con lưu ý: không ai gọi điện yêu cầu cập nhật VNeID. Gặp cuộc gọi như "
        "vậy, xin tắt máy và báo Công an nơi gần nhất.",
        link="https://vneid.gov.vn/",
        window_from=today - timedelta(days=4),
        window_until=today + timedelta(days=24),
        best_from=18,
        best_until=21,
        platforms=("facebook", "zalo"),
        own_lines=True,
        note="Đăng buổi tối; xã, phường có người cao tuổi sống một mình thì đọc thêm trên loa.",
        for_levels=(Level.COMMUNE,),
        by_provinces=True,
        spread_minutes=60,
        media=[(poster, poster.alt_text) for poster in posters],
    )


def _find_fire_cards(unit: Unit, format: str) -> list[tuple[Media, str]]:
    cards = Media.objects.filter(unit=unit, shared=True, card__look="fire", card__format=format)
    return [(card, card.alt_text) for card in cards]


def _make_kit_on_charging(campaign: Campaign, today: date) -> KitEdit:
    return KitEdit(
        name=CHARGING_NAME,
        campaign=campaign,
        topic=Topic.objects.get(code="pccc"),
        title="Sạc xe điện qua đêm trong nhà: một thói quen nguy hiểm",
        text=CHARGING,
        placeholders=(
            PlaceholderEdit(
                "khu_tro",
                PlaceholderKind.PLACE,
                "Khu nhà trọ, khu nhà ống",
                hint="Nơi nhiều xe điện nhất trên địa bàn",
                example="các khu nhà trọ",
                limit=80,
            ),
        ),
        window_from=today - timedelta(days=3),
        window_until=today + timedelta(days=12),
        best_from=6,
        best_until=8,
        platforms=("facebook", "zalo"),
        note="Nên đăng trước cuối tuần.",
        all_below=True,
        spread_minutes=30,
        media=_find_fire_cards(campaign.unit, "1x1"),
    )


def _make_kit_on_leaving(campaign: Campaign, today: date) -> KitEdit:
    """Return a kit whose placeholders the unit's own page fills."""
    return KitEdit(
        name=LEAVING_NAME,
        campaign=campaign,
        topic=Topic.objects.get(code="pccc"),
        title="Một phút trước khi ra khỏi nhà",
        text=LEAVING,
        texts={"zalo": LEAVING_SHORT},
        script="Xin bà con dành một phút trước khi ra khỏi nhà: khóa van gas, ngắt điện, rút sạc. "
        "Thấy khói, lửa, xin gọi ngay 114.",
        poster={
            "look": "fire",
            "line_1": "Khóa van gas, ngắt điện, rút sạc.",
            "line_2": "Thấy khói, lửa: ra ngoài trước, rồi gọi 114.",
            "hotline": "114",
        },
        link="https://bocongan.gov.vn/",
        window_from=today - timedelta(days=3),
        window_until=today + timedelta(days=27),
        best_from=17,
        best_until=19,
        platforms=("facebook", "zalo"),
        note="Không cần điền gì: tên đơn vị, số trực ban lấy từ thông tin đơn vị.",
        all_below=True,
        spread_minutes=30,
        media=_find_fire_cards(campaign.unit, "16x9"),
    )
