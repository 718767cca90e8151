"""Counts lie in a partition a month, and old months can be taken off."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Refused
from core.periods import get_midnight
from engagement.counting.services import enter_figures
from engagement.models import Count
from engagement.rollups import months, services
from engagement.rollups.models import CampaignGain, ChangedDay, UnitGain
from tests import factories

pytestmark = pytest.mark.django_db
NEXT_MONTH = (timezone.localdate().replace(day=1) + timedelta(days=32)).replace(day=1)
DAY = timedelta(days=1)


def table_of(count):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM engagement_count WHERE id = %s", [count.pk]
        )
        return cursor.fetchone()[0]


def detach(*, before):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit
    return months.detach_months(before=before)


def gains():
    fields = ("unit_id", "day", "views")
    return [
        sorted(UnitGain.objects.values_list(*fields)),
        sorted(CampaignGain.objects.values_list("campaign_id", "published_day", *fields)),
    ]


@pytest.fixture
def old(publish):
    """A publication of a campaign whose counts will be taken off, one of them on a day after."""
    delivery = publish(campaign=factories.CampaignFactory(), at=get_midnight(NEXT_MONTH) - 3 * DAY)
    for days, views in ((-2, 5), (-1, 8), (2, 20)):
        Count.objects.create(
            delivery=delivery, taken_at=get_midnight(NEXT_MONTH) + days * DAY, views=views
        )
    services.refresh_changed_days()
    return delivery


def test_a_count_lies_in_the_partition_of_its_month_here(publish):
    delivery = publish(at=timezone.now() - DAY)
    begins = get_midnight(NEXT_MONTH)

    rows = [
        Count.objects.create(delivery=delivery, taken_at=at)
        for at in (datetime(2019, 1, 1, tzinfo=UTC), begins - timedelta(seconds=1), begins)
    ]

    month = f"engagement_count_{NEXT_MONTH:%Y_%m}"
    assert [table_of(row) for row in rows] == ["engagement_count_first"] * 2 + [month]


def test_there_is_room_for_a_year_and_what_is_missing_is_made():
    today = timezone.localdate()
    newest = f"engagement_count_{today.year + 1}_{today.month:02}"
    assert months.make_months() == 0
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {newest}")

    assert [months.make_months(), months.make_months()] == [1, 0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT relispartition FROM pg_class WHERE relname = %s", [newest])
        assert cursor.fetchone()[0]


def test_summaries_outlive_counts_that_are_taken_off(old):
    before, rows = gains(), Count.objects.count()

    assert detach(before=NEXT_MONTH) == ["engagement_count_first"]

    assert Count.objects.count() == rows - 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM engagement_count_first")
        assert cursor.fetchone()[0] == 2
    assert services.find_differences() == {}
    assert services.rebuild_all()
    assert gains() == before


def test_a_change_of_days_that_lack_counts_before_them_leaves_their_sums(old):
    """Else the gain of the first count that is left would be all that the post ever had."""
    before = gains()
    detach(before=NEXT_MONTH)

    old.post.campaign = None
    old.post.save()
    assert ChangedDay.objects.filter(kind="gained").exists()
    services.refresh_changed_days()

    assert gains() == before
    assert not ChangedDay.objects.exists()


def test_figures_of_a_post_whose_counts_are_archived_are_entered_no_more(old, monkeypatch):
    officer = factories.person(Role.OFFICER, unit=old.unit)
    monkeypatch.setattr("engagement.counting.services.reports_figures", lambda *_: False)
    enter_figures(old, by=officer, figures={"views": 30})
    detach(before=NEXT_MONTH)

    with pytest.raises(Refused, match="archived"):
        enter_figures(old, by=officer, figures={"views": 40})


def test_a_post_may_go_after_its_counts_were_taken_off(old):
    detach(before=NEXT_MONTH)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = "
            "'engagement_count_first'::regclass"
        )
        assert cursor.fetchall() == []


def test_later_months_are_known_by_their_first_day():
    assert months.find_first_provable_day() == date.min
    detach(before=(NEXT_MONTH + timedelta(days=32)).replace(day=1))

    second = (NEXT_MONTH + timedelta(days=32)).replace(day=1)
    assert (months.find_first_kept_day(), months.find_first_provable_day()) == (
        second,
        second + 64 * DAY,
    )


@pytest.mark.parametrize("before", ["2025-13", "yesterday", "", f"{timezone.localdate():%Y-%m}"])
def test_the_command_refuses_what_is_no_month_and_months_of_the_last_year(before):
    with pytest.raises(CommandError):
        call_command("detach_counts", before=before)


def test_the_command_takes_off_nothing_that_ends_later(capsys):
    call_command("detach_counts", before="2020-01")

    assert capsys.readouterr().out == "0 months taken off.\n"
