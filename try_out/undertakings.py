"""The try-out's campaigns as undertakings: one that runs with a plan, and one that is closed."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign
from campaigns.planning import plans
from engagement.dashboards.closing import choose_posts_to_name, freeze_content
from engagement.dashboards.context import make_whole_period
from try_out.history import time_set_to
from try_out.people import World

LESSONS = """Bài gắn với việc đang diễn ra ở địa bàn (cổng trường, khu trọ) được xem nhiều hơn bài \
chung.

Lần sau gửi bộ nội dung trước ngày khai giảng một tuần, và nhờ nhà trường chia sẻ bài."""


def create_plans(world: World, now: datetime, campaigns: Mapping[str, Campaign]) -> None:
    helper = User.objects.get(username="tinh.theodoi")
    with time_set_to(now - timedelta(days=24)):
        _plan_campaign(campaigns["scams"], world, helper)
    with time_set_to(now - timedelta(days=9)):
        _plan_year_end(campaigns["year_end"], world)
    _close_campaign(campaigns["school"], world)
    with time_set_to(now - timedelta(days=5)):
        _plan_national(world)


def _plan_campaign(campaign: Campaign, world: World, helper: User) -> None:
    by, first = world.overseer, campaign.starts_on
    plans.set_plan(
        campaign,
        by=by,
        owner=by,
        helpers=[helper],
        targets={"posts": 30, "units": 8, "reach": 150_000},
    )
    for name, start, end in (
        ("Phát động, nhận diện thủ đoạn mới", 0, 14),
        ("Cao điểm: người cao tuổi và sinh viên", 15, 35),
        ("Tổng kết, nhân rộng cách làm hay", 36, 45),
    ):
        plans.add_phase(
            campaign,
            by=by,
            name=name,
            starts_on=first + timedelta(days=start),
            ends_on=first + timedelta(days=end),
        )
    items = [
        plans.add_item(campaign, by=by, text=text, due_on=first + timedelta(days=day))
        for text, day in (
            ("Gửi bộ nội dung cho các xã, phường", 3),
            ("Nhắc đơn vị chưa đăng bài nào", 20),
            ("Họp rút kinh nghiệm giữa đợt", 27),
            ("Chọn ba bài tiêu biểu đưa vào thư viện mô hình", 40),
        )
    ]
    plans.tick_item(items[0], by=helper, is_done=True)
    plans.add_document(
        campaign,
        by=by,
        name="Kế hoạch cao điểm phòng, chống lừa đảo trên không gian mạng",
        text="Mỗi xã, phường ít nhất hai bài; ưu tiên người cao tuổi và sinh viên.",
    )
    plans.add_document(
        campaign,
        by=by,
        name="Luật An ninh mạng",
        number="116/2025/QH15",
        link="https://vanban.chinhphu.vn/",
    )


def _plan_year_end(campaign: Campaign, world: World) -> None:
    by, first = world.overseer, campaign.starts_on
    targets = {"posts": 20, "units": 6}
    plans.set_plan(campaign, by=by, owner=by, helpers=[], targets=targets)
    for name, start, end in (("Cháy, nổ", 0, 20), ("Giao thông và pháo", 15, 40)):
        plans.add_phase(
            campaign,
            by=by,
            name=name,
            starts_on=first + timedelta(days=start),
            ends_on=first + timedelta(days=end),
        )
    text = "Kiểm tra các đơn vị đã nhận bộ nội dung về sạc xe điện"
    plans.add_item(campaign, by=by, text=text, due_on=timezone.localdate() + timedelta(days=12))


def _plan_national(world: World) -> None:
    by = User.objects.get(username="bo.phutrach")
    campaign = Campaign.objects.get(unit=world.province.parent)
    targets = {"posts": 3000, "units": 2500, "reach": 10_000_000}
    plans.set_plan(campaign, by=by, owner=by, helpers=[world.overseer], targets=targets)
    for text, day in (
        ("Các tỉnh, thành phố chuyển bộ nội dung xuống xã, phường", 7),
        ("Nhắc các tỉnh có đơn vị chưa mở bộ nội dung", 14),
    ):
        due_on = campaign.starts_on + timedelta(days=day)
        plans.add_item(campaign, by=by, text=text, due_on=due_on)
    plans.add_phase(
        campaign,
        by=by,
        name="Phát hành bộ nội dung",
        starts_on=campaign.starts_on,
        ends_on=campaign.starts_on + timedelta(days=14),
    )


def _close_campaign(campaign: Campaign, world: World) -> None:
    period = make_whole_period(campaign)
    plans.set_plan(
        campaign, by=world.overseer, owner=world.overseer, helpers=[], targets={"posts": 4}
    )
    names = choose_posts_to_name(campaign, period)
    plans.close_campaign(
        campaign,
        by=User.objects.get(username="tinh.theodoi"),
        lessons=LESSONS,
        content=freeze_content(campaign, period),
    )
    campaign.refresh_from_db()
    plans.show_summary(campaign, by=world.overseer, deliveries=names)
