"""The partners of one ward: the Youth Union, a school, and one whose agreement is ended."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from campaigns.partners import agreements
from campaigns.partners.agreements import Agreement
from campaigns.partners.models import Contact, Kind, Partner
from links.clicks import add_clicks
from posts.models import Post
from publishing.sharing import share_links
from publishing.sharing.queries import is_shareable, kits_for, live_deliveries
from try_out.history import time_set_to
from try_out.people import Staff, World

_CHIEF = "Trưởng Công an phường"


def create_partners(world: World, now: datetime) -> None:
    """Enter three partners, and share two posts, of which one is read a good deal, and a kit."""
    staff = world.staff["hai-chau"]
    union, school = _create_partners(staff, now)
    shared = _find_live_posts(staff, now)[:2]
    for post, days_ago, readers in zip(shared, (6, 2), ((union, school), (union,)), strict=False):
        with time_set_to(now - timedelta(days=days_ago)):
            until = timezone.localdate() + timedelta(days=30)
            made = share_links.share_post(post, partners=readers, until=until, by=staff.officer)
        today = timezone.localdate(now)
        add_clicks(
            (row.link_id, today - timedelta(days=n), usual + (n * 5) % 7)
            for (row, _secret), usual in zip(made, (17, 6), strict=False)
            for n in range(days_ago)
            if row.link_id
        )
    _share_a_kit(staff, union, now)


def _share_a_kit(staff: Staff, union: Partner, now: datetime) -> None:
    """Share the kit that asks the ward for no words of its own."""
    today = timezone.localdate(now)
    with time_set_to(now - timedelta(days=3)):
        kit = kits_for(staff.unit).get(current__placeholders=[])
        until = timezone.localdate() + timedelta(days=30)
        ((row, _secret),) = share_links.share_kit(
            kit, unit=staff.unit, partners=[union], until=until, by=staff.officer
        )
    add_clicks((row.link_id, today - timedelta(days=n), 5 + n) for n in range(3) if row.link_id)


def _create_partners(staff: Staff, now: datetime) -> tuple[Partner, Partner]:
    today = timezone.localdate(now)
    with time_set_to(now - timedelta(days=200)):
        past = agreements.register_partner(
            unit=staff.unit,
            agreement=_make_agreement(
                Kind.WOMENS_UNION,
                "Hội Liên hiệp Phụ nữ phường Hải Châu",
                "02/TTPH-CA-HPN",
                first=today - timedelta(days=200),
                last=today + timedelta(days=100),
            ),
            contact=_make_contact("Chủ tịch Hội Phụ nữ phường", "0236 3550 113", "Chủ tịch Hội"),
            by=staff.officer,
        )
    with time_set_to(now - timedelta(days=30)):
        union = agreements.register_partner(
            unit=staff.unit,
            agreement=_make_agreement(
                Kind.YOUTH_UNION,
                "Đoàn TNCS Hồ Chí Minh phường Hải Châu",
                "05/TTPH-CA-ĐTN",
                first=today - timedelta(days=30),
                last=today + timedelta(days=335),
                pages=["https://www.facebook.com/doanphuonghaichau"],
            ),
            contact=_make_contact("Bí thư Đoàn phường", "0236 3550 111", "Bí thư Đoàn phường"),
            by=staff.officer,
        )
        school = agreements.register_partner(
            unit=staff.unit,
            agreement=_make_agreement(
                Kind.SCHOOL,
                "Trường THCS Nguyễn Huệ",
                "06/TTPH-CA-NH",
                first=today - timedelta(days=30),
                last=today + timedelta(days=12),
                loudspeaker=True,
            ),
            contact=_make_contact("Tổng phụ trách Đội", "0236 3550 112", "Hiệu trưởng"),
            by=staff.officer,
        )
    with time_set_to(now - timedelta(days=9)):
        agreements.end_agreement(
            past, "Hai bên thống nhất dừng phối hợp sau khi sắp xếp lại.", by=staff.chief
        )
    return union, school


def _make_agreement(
    kind: Kind, name: str, number: str, *, first: date, last: date, **places: Any
) -> Agreement:
    return Agreement(
        kind=kind,
        name=name,
        document_number=number,
        document_title="Thỏa thuận phối hợp tuyên truyền trên mạng xã hội",
        document_date=first,
        starts_on=first,
        ends_on=last,
        filed_at="Tủ hồ sơ 2, cặp Phối hợp tuyên truyền",
        notice_board=True,
        **places,
    )


def _make_contact(name: str, phone: str, signed_for_partner: str) -> Contact:
    return Contact(
        name=name,
        phone=phone,
        email="",
        signed_for_partner=signed_for_partner,
        signed_for_unit=_CHIEF,
    )


def _find_live_posts(staff: Staff, now: datetime) -> list[Post]:
    """Return posts that stand on the ward's pages, those with pictures first."""
    live = live_deliveries(now).filter(unit=staff.unit).exclude(permalink="")
    posts = Post.objects.filter(pk__in=live.values("post")).select_related("unit")
    shareable = [post for post in posts.order_by("pk") if is_shareable(post, now=now)]
    return sorted(shareable, key=lambda post: not post.pictures.exists())
