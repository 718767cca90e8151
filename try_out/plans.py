"""The plans of the try-out's units: weekly times, a sheet of posts, a delegation, a blackout."""

import io
from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django.utils import timezone

from accounts.people import delegations
from campaigns.models import Topic
from channels.models import Channel
from channels.states import Kind
from posts.bulk_import import importing
from posts.bulk_import.plans import plan
from posts.bulk_import.sheets import Cells, build_workbook, channel_label, read_rows
from publishing.pauses import pausing
from publishing.slots import slot_changes
from try_out import samples
from try_out.history import time_set_to
from try_out.people import World


def suggest_slots(world: World, now: datetime) -> None:
    """Suggest the city's weekly times, and let one station follow them."""
    with time_set_to(now - timedelta(days=15)):
        by = world.overseer
        slot_changes.suggest(world.province, platform="", weekdays=range(7), at=time(19, 30), by=by)
        slot_changes.suggest(
            world.province, platform=Kind.ZALO, weekdays=range(5), at=time(7), by=by
        )
    with time_set_to(now - timedelta(days=14)):
        staff = world.staff["hai-chau"]
        slot_changes.follow_suggestions(staff.unit, by=staff.officer)


def import_sheet(
    world: World, now: datetime, *, texts: Mapping[str, samples.Sample], topics: Mapping[str, Topic]
) -> None:
    """Make drafts from a sheet of which one row is wrong, so that its result says so."""
    staff = world.staff["hai-chau"]
    channels = list(Channel.objects.offered().filter(unit=staff.unit))
    names = [channel_label(channel) for channel in channels if channel.platform == Kind.FACEBOOK]
    start, rows = timezone.localdate(now) + timedelta(days=6), []
    for days, sample in ((0, "G11"), (2, "G18"), (5, "G08")):
        title, text = texts[sample].make_texts(staff.unit)
        when = datetime.combine(start + timedelta(days=days), time(19, 30))
        topic = str(topics[texts[sample].topic]) if days < 5 else "Nông nghiệp"
        rows.append(Cells(timezone.make_aware(when), names, title, text, topic=topic))
    data = build_workbook(rows, channels=channels, topics=list(topics.values()))
    with time_set_to(now - timedelta(hours=3)):
        by = staff.officer
        lines = read_rows(io.BytesIO(data), size=len(data))
        batch = importing.store_import(lines, [], unit=staff.unit, file_name="ke-hoach.xlsx", by=by)
        importing.run_or_send(batch, at_once=len(lines))
        batch.refresh_from_db()
        digest = plan(batch, by=by).digest
        importing.apply(batch, by=by, digest=digest, only_correct=True, again=False)


def delegate_approval(world: World, now: datetime) -> None:
    """Let a chief who begins a course hand approval over to a deputy."""
    staff, first = world.staff["hoi-an"], timezone.localdate(now)
    delegations.delegate(
        unit=staff.unit,
        deputy=staff.deputy,
        valid_from=first,
        valid_to=first + timedelta(days=13),
        reason="Học bồi dưỡng nghiệp vụ tập trung tại Học viện.",
        by=staff.chief,
    )


def create_blackout(world: World, now: datetime) -> None:
    """Set a day, two weeks from now, for which no unit of the city may schedule anything."""
    day = timezone.localtime(now + timedelta(days=12)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    pausing.create(
        world.province,
        by=world.overseer,
        reason="Ngày tổng duyệt phương án bảo vệ sự kiện; chỉ đăng bài khẩn đã được duyệt.",
        urgent_passes=True,
        is_blackout=True,
        starts_at=day,
        ends_at=day + timedelta(days=1),
    )
