"""The try-out's library of pictures: what the ministry and the city share, and what a station keeps
for its posts.
"""

import io
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import User
from media.library import services as library
from media.library.services import Description
from media.models import Consent, Folder, Media, Rights
from try_out import cards, scans
from try_out.history import at
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


def fill(world: World, now: datetime) -> None:
    with at(now - timedelta(days=9)):
        ministry = world.province.parent
        assert ministry is not None
        head = User.objects.get(username="bo.phutrach")
        for unit, by, card in ((ministry, head, MINISTRY), (world.province, world.overseer, CITY)):
            poster = _add(card, unit, by=by, source=unit.name)
            library.set_shared(poster, True, by=by)
    staff, today = world.staff["hai-chau"], timezone.localdate(now)
    with at(now - timedelta(days=4)):
        folder = library.create_folder(staff.unit, "Tuyên truyền 2026", by=staff.officer)
        inner = library.create_folder(staff.unit, "Trường học", parent=folder, by=staff.officer)
        _add(STATION[0], staff.unit, by=staff.officer, folder=folder, consent=Consent.STAFF)
        library_end = today + timedelta(days=5)
        _add(STATION[1], staff.unit, by=staff.officer, folder=inner, expires_on=library_end)


def _add(
    card: Card, unit: Unit, *, by: User, folder: Folder | None = None, **said: object
) -> Media:
    data = cards.card(
        topic=card.topic,
        topic_name=card.topic_name,
        headline=card.headline,
        unit_name=unit.name,
    )
    media = scans.checked(library.add(io.BytesIO(data), unit=unit, by=by).media)
    description = Description(
        title=card.headline,
        alt_text=f"Thẻ chữ của {unit.name}: {card.headline}",
        rights=Rights.OWN,
        tags=card.tags,
        folder=folder,
        **said,  # type: ignore[arg-type]
    )
    return library.describe(media, description, by=by, version=media.version)
