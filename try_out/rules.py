"""The rules of the leak check in use: what it held back, what units reported as no leak, the rule
that the ministry made stricter, and the numbers and websites that posts may name.
"""

import random
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from campaigns import topic_rules
from campaigns.models import Topic, TopicRule
from channels.models import Channel
from posts.checks.leaks.scan import Severity
from posts.leak_rules import allowing, switching
from posts.leak_rules.models import AllowedItem, LeakCount
from try_out.history import time_set_to
from try_out.people import World

DAYS = 28
EVERY = 7  # of so many units, one met the leak check
# How often a rule holds something back in a unit and month, and how that ends.
OUTCOMES = {
    "phone_personal": (2, LeakCount.Outcome.BLOCKED),
    "id_cccd": (1, LeakCount.Outcome.BLOCKED),
    "bank_acc": (1, LeakCount.Outcome.OVERRIDDEN),
    "email_personal": (1, LeakCount.Outcome.ACKNOWLEDGED),
}
STRICTER = "email_personal"


def create_rules(world: World, now: datetime) -> None:
    head, deputy = (User.objects.get(username=f"bo.{word}") for word in ("phutrach", "pho"))
    ministry = world.province.parent
    assert ministry is not None
    _store_counts(now)
    staff = world.staff["hai-chau"]
    for word, text, days in (
        ("hai-chau", "0230 3000 201", 6),
        ("son-tra", "0230 3000 202", 4),
        ("hoi-an", "0230 3000 203", 2),
    ):
        with time_set_to(now - timedelta(days=days)):
            reporter = world.staff[word]
            switching.report_false_alarm(
                reporter.unit, rule="phone_personal", text=text, by=reporter.officer
            )
    with time_set_to(now - timedelta(days=8)):
        row = switching.switch(
            rule=STRICTER,
            severity=Severity.SOFT,
            valid_from=timezone.localdate(),
            reason="Địa chỉ thư riêng của cán bộ hay xuất hiện cuối bài trong tháng.",
            by=head,
        )
    with time_set_to(now - timedelta(days=7)):
        switching.confirm_switch(row, by=deputy)
        topic_rules.set_rule(
            Topic.objects.get(code="thien_tai"),
            unit=ministry,
            asks=TopicRule.Asks.SOURCE,
            valid_from=timezone.localdate() + timedelta(days=21),
            reason="Cảnh báo thiên tai nêu rõ nguồn để người dân đối chiếu.",
            by=head,
        )
    kinds = AllowedItem.Kind
    with time_set_to(now - timedelta(days=6)):
        for value, label in (
            ("bocongan.gov.vn", "Cổng thông tin điện tử Bộ Công an"),
            ("dichvucong.bocongan.gov.vn", "Cổng dịch vụ công Bộ Công an"),
        ):
            item = allowing.enter(unit=ministry, kind=kinds.HOST, value=value, label=label, by=head)
            allowing.confirm(item, by=deputy)
        item = allowing.enter(
            unit=staff.unit,
            kind=kinds.PHONE,
            value="0230 3000 401",
            label="Trạm y tế phường",
            by=staff.officer,
        )
        allowing.confirm(item, by=staff.chief)
    with time_set_to(now - timedelta(hours=3)):
        allowing.enter(
            unit=staff.unit,
            kind=kinds.HOST,
            value="danang.gov.vn",
            label="Cổng thông tin điện tử thành phố",
            by=staff.officer,
        )


def _store_counts(now: datetime) -> None:
    chance, today = random.Random(29), timezone.localdate(now)  # noqa: S311 - the same each time
    units = Channel.objects.order_by("unit").values_list("unit", flat=True).distinct()
    LeakCount.objects.bulk_create(
        LeakCount(
            unit_id=unit,
            rule=rule,
            day=today - timedelta(days=chance.randrange(1, DAYS)),
            outcome=outcome,
            n=chance.randint(1, most),
        )
        for unit in list(units)[::EVERY]
        for rule, (most, outcome) in OUTCOMES.items()
        if chance.random() < 0.6
    )
