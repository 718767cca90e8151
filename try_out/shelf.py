"""The try-out's library of pictures: what the ministry and the city share, and what a station keeps
for its posts.
"""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import User
from campaigns.models import Topic
from media.cards.card_drawing import Words
from media.library import entries
from media.library.entries import Description
from media.models import Consent, Folder, Media, Rights
from posts.editor import saving
from posts.editor.edits import edit_of
from posts.origins import starting
from posts.picture_cards import making
from try_out import cards, scans
from try_out.history import time_set_to
from try_out.people import World
from units.models import Unit


class Card(NamedTuple):
    topic: str
    topic_name: str
    headline: str
    tags: tuple[str, ...]


MINISTRY = Card(
    "vneid", "Định danh điện tử", "VNeID: chỉ tải từ kho ứng dụng chính thức", ("VNeID", "áp phích")
)
CITY = Card(
    "thien_tai", "Phòng, chống thiên tai", "Mùa mưa bão: ba việc cần làm trước", ("mưa bão",)
)
STATION = (
    Card("phong_trao", "Phong trào", "Ngày hội Toàn dân bảo vệ an ninh Tổ quốc", ("ngày hội",)),
    Card("giao_thong", "An toàn giao thông", "Đội mũ bảo hiểm cho con khi đến trường", ("trẻ em",)),
)


DRAWN = (
    (
        "warning",
        Words(
            title="Không đọc mã OTP cho bất kỳ ai",
            line_1="Công an không gọi điện yêu cầu chuyển tiền hay cài ứng dụng.",
            line_2="Nghi ngờ lừa đảo: tắt máy, báo ngay công an nơi gần nhất.",
            hotline="113",
            link="https://vneid.gov.vn/",
        ),
        ("1x1", "4x5"),
    ),
    (
        "fire",
        Words(
            title="Khóa gas, ngắt điện trước khi ra khỏi nhà",
            line_1="Giữ lối thoát nạn thứ hai luôn thông thoáng.",
            line_2="Phát hiện cháy: báo động cho mọi người và gọi ngay 114.",
            hotline="114",
        ),
        ("16x9",),
    ),
    (
        "fire",
        Words(
            title="Không cắm sạc xe điện qua đêm trong nhà",
            line_1="Sạc ban ngày, có người trông, dùng đúng bộ sạc theo máy.",
            line_2="Phát hiện cháy: báo động cho mọi người và gọi ngay 114.",
            hotline="114",
        ),
        ("1x1",),
    ),
)
USED = (
    "traffic",
    Words(
        title="Đã uống rượu, bia thì không lái xe",
        line_1="Đội mũ bảo hiểm cho cả người lớn và trẻ em, cài quai đúng quy cách.",
        line_2="Không dùng điện thoại khi đang điều khiển xe.",
        hotline="113",
    ),
    ("4x5",),
)


def create_library(world: World, now: datetime) -> None:
    with time_set_to(now - timedelta(days=9)):
        ministry = world.province.parent
        assert ministry is not None
        head = User.objects.get(username="bo.phutrach")
        for unit, by, card in ((ministry, head, MINISTRY), (world.province, world.overseer, CITY)):
            poster = _add_media(card, unit, by=by, source=unit.name)
            entries.set_shared(poster, True, by=by)
    staff, today = world.staff["hai-chau"], timezone.localdate(now)
    with time_set_to(now - timedelta(days=4)):
        folder = entries.create_folder(staff.unit, "Tuyên truyền 2026", by=staff.officer)
        inner = entries.create_folder(staff.unit, "Trường học", parent=folder, by=staff.officer)
        _add_media(STATION[0], staff.unit, by=staff.officer, folder=folder, consent=Consent.STAFF)
        library_end = today + timedelta(days=5)
        _add_media(STATION[1], staff.unit, by=staff.officer, folder=inner, expires_on=library_end)
    _draw_cards(world, now)


def _add_media(
    card: Card, unit: Unit, *, by: User, folder: Folder | None = None, **details: object
) -> Media:
    data = cards.draw_card(
        topic=card.topic,
        topic_name=card.topic_name,
        headline=card.headline,
        unit_name=unit.name,
    )
    media = scans.mark_checked(entries.add(io.BytesIO(data), unit=unit, by=by).media)
    description = Description(
        title=card.headline,
        alt_text=f"Ảnh thông điệp của {unit.name}: {card.headline}",
        rights=Rights.OWN,
        tags=card.tags,
        folder=folder,
        **details,  # type: ignore[arg-type]
    )
    return entries.describe(media, description, by=by, version=media.version)


def _draw_cards(world: World, now: datetime) -> None:
    """Draw cards that the city shares, and one into a draft of a station."""
    with time_set_to(now - timedelta(days=7)):
        for look, texts, formats in DRAWN:
            for media in making.make_card(
                texts, unit=world.province, look=look, formats=formats, by=world.overseer
            ):
                entries.set_shared(scans.mark_checked(media), True, by=world.overseer)
    staff = world.staff["hai-chau"]
    look, texts, formats = USED
    with time_set_to(now - timedelta(hours=5)):
        post = starting.start_draft(unit=staff.unit, by=staff.officer)
        edit = edit_of(post)
        body = f"<p>{texts.line_1}</p><p>{texts.line_2}</p>"
        topic = Topic.objects.get(code="giao_thong")
        fields = replace(edit.fields, title=texts.title, body=body, topic=topic)
        post = saving.save(
            post, replace(edit, fields=fields), by=staff.officer, version=post.version
        )
        made = making.make_card(
            texts, unit=staff.unit, look=look, formats=formats, by=staff.officer, post=post
        )
    scans.mark_checked(made[0])
