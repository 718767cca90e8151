"""The next dates of a campaign: in their order, what is overdue above all, nothing once it is
closed.
"""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from campaigns.kits.models import Kit, KitVersion
from campaigns.models import Campaign
from campaigns.planning.models import ChecklistItem, Phase
from engagement.dashboards.agenda import list_next_dates
from engagement.dashboards.progress import Progress, draw_target_line

TODAY = date(2026, 11, 20)  # any clock
DONE = datetime(2026, 11, 19, tzinfo=UTC)  # any clock
DAY = timedelta(days=1)


def make_campaign(first=-10, last=20, **fields) -> Campaign:
    return Campaign(name="Đợt", starts_on=TODAY + first * DAY, ends_on=TODAY + last * DAY, **fields)


def list_dates(campaign=None, *, phases=(), items=(), kits=(), most=50):
    entries = list_next_dates(
        campaign or make_campaign(),
        phases=phases,
        items=items,
        kits=kits,
        today=TODAY,
        most=most,
    )
    return [((entry.day - TODAY).days, entry.words, entry.is_late) for entry in entries]


def make_item(days, *, done=False) -> ChecklistItem:
    return ChecklistItem(
        text=f"Việc {days}",
        due_on=TODAY + days * DAY,
        done_at=DONE if done else None,
    )


def make_kit(first, last) -> Kit:
    days = {"window_from": first, "window_until": last}
    version = KitVersion(
        **{name: None if day is None else TODAY + day * DAY for name, day in days.items()}
    )
    return Kit(name="Bộ bài", current=version)


def test_days_of_today_count_and_those_of_yesterday_do_not():
    phase = Phase(name="Phát động", starts_on=TODAY - DAY, ends_on=TODAY)

    assert list_dates(make_campaign(0, 0), phases=[phase]) == [
        (0, "Ends: Phát động", False),
        (0, "The campaign begins", False),
        (0, "The campaign ends", False),
    ]
    assert list_dates(make_campaign(-9, -1)) == []


def test_what_is_overdue_of_the_list_stands_above_and_what_is_done_nowhere():
    items = [make_item(5), make_item(-3), make_item(0), make_item(-1, done=True)]

    assert list_dates(items=items) == [
        (-3, "To be done: Việc -3", True),
        (0, "To be done: Việc 0", False),
        (5, "To be done: Việc 5", False),
        (20, "The campaign ends", False),
    ]


def test_the_window_of_a_kit_has_its_first_and_its_last_day():
    kits = [make_kit(-2, 4), make_kit(3, None), Kit(name="Chưa ban hành")]

    assert [(days, words) for days, words, _late in list_dates(kits=kits)] == [
        (3, "Kit “Bộ bài”: first day to publish"),
        (4, "Kit “Bộ bài”: last day to publish"),
        (20, "The campaign ends"),
    ]


def test_a_closed_campaign_has_no_next_date():
    closed = make_campaign(closed_at=DONE)

    assert list_dates(closed, items=[make_item(3)]) == []


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_come_first_and_no_more_than_asked_for(seed):
    dice = Random(seed)
    items = [make_item(dice.randint(-9, 30)) for _number in range(12)]
    kits = [make_kit(dice.randint(-9, 9), dice.randint(9, 30)) for _number in range(4)]

    every = list_dates(items=items, kits=kits)
    some = list_dates(items=items, kits=kits, most=5)

    assert [days for days, *_ in every] == sorted(days for days, *_ in every)
    assert some == every[:5]
    assert all(days >= 0 or is_late for days, _words, is_late in every)


@pytest.mark.parametrize(
    ("target", "value", "due", "is_behind", "is_reached"),
    [
        (10, 4, 5, True, False),
        (10, 5, 5, False, False),
        (10, 10, 5, False, True),
        (10, None, 5, True, False),
        (10, None, 0, False, False),
        (None, 4, None, False, False),
        (10, 3, None, False, False),
    ],
)
def test_a_target_is_behind_what_is_due_today_or_reached(target, value, due, is_behind, is_reached):
    progress = Progress("posts", target, value, [], due)

    assert (progress.is_behind, progress.is_reached) == (is_behind, is_reached)


def test_the_line_to_a_target_begins_before_the_first_day():
    campaign = make_campaign(0, 9)

    assert draw_target_line(campaign, 50) == [(TODAY - DAY, 0), (TODAY + 9 * DAY, 50)]
