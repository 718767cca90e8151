"""Daily summaries equal the raw rows, whatever happens to these."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.permissions import Role
from core.periods import Period
from engagement.dashboards import progress, usual
from engagement.dashboards import queries as dashboard
from engagement.models import Count, Measurement
from engagement.rollups import services
from engagement.rollups.models import (
    ChangedDay,
    DueDay,
    PostDay,
    ProvinceDueDay,
    ProvinceWrittenDay,
    UnitGain,
)
from engagement.rollups.queries.deliveries import (
    DueWindow,
    sum_due_deliveries,
    sum_due_deliveries_of_nation,
)
from engagement.rollups.summaries import Summary
from oversight.queries import list_province_rows, list_unit_rows, make_row
from posts.models import Post
from publishing.models import Delivery
from publishing.states import Reason, State
from tests import factories
from units.models import Unit

DAY = timedelta(days=1)
SHOWN = ["alive", "posts", "published", "due", "on_time", "failed", "needs_person", "last_post"]


def due(unit, *, ago, late=0.0, state=State.PUBLISHED, **fields):
    channel = factories.ChannelFactory(unit=unit)
    post = factories.approved(factories.PostFactory(unit=unit, channels=[channel]))
    at = timezone.now() - ago
    if late is not None:
        fields |= {"published_at": at + timedelta(seconds=late), "remote_id": f"r{post.pk}"}
    return factories.delivery(post, channel, state=state, due_at=at, **fields)


@pytest.fixture
def messy():
    """Two provinces with deliveries of every fate, on closed days, today and ahead."""
    one, two = factories.ProvinceFactory(), factories.ProvinceFactory()
    a, b, c = (factories.UnitFactory(parent=p) for p in (one, one, two))
    for unit in (a, b, c, one):
        due(unit, ago=3 * DAY)
        due(unit, ago=3 * DAY, late=400)
    due(a, ago=4 * DAY, state=State.RECALLED)
    due(a, ago=4 * DAY, late=None, state=State.RECALLED)  # an invisible draft: not counted
    due(b, ago=5 * DAY, late=None, state=State.FAILED, error_code=Reason.REFUSED)
    due(b, ago=5 * DAY, late=None, state=State.EXPIRED, error_code=Reason.EXPIRED)
    due(b, ago=5 * DAY, late=None, state=State.CANCELLED)
    due(c, ago=6 * DAY, late=None, state=State.NEEDS_PERSON, error_code=Reason.UNKNOWN)
    due(c, ago=100 * DAY, late=30)
    due(c, ago=timedelta(seconds=5), late=1)  # not due by the grace
    due(a, ago=timedelta(hours=-3), late=None, state=State.FAILED, error_code=Reason.LEAK)
    due(a, ago=-DAY, late=None, state=State.SCHEDULED)
    factories.PostFactory(unit=a, title="", body="")  # blank: no figure counts it
    Post.objects.filter(unit=b).update(created_at=timezone.now() - 7 * DAY)
    return one, two, a, b, c


def figures(person, provinces, unit):
    """Return the figures of the pages that read summaries."""
    now = timezone.now()
    rows = []
    for days in (1, 5, 30, 200):
        period = Period.last_days(days)
        rows += list_province_rows(person, period, now=now)
        rows += [
            row for place in provinces for row in list_unit_rows(person, place, period, now=now)
        ]
        rows.append(make_row(unit, period, now=now))
    return [[r.unit.pk, *(getattr(r, name) for name in SHOWN)] for r in rows]


def raw_figures(*args):
    """Return the same with each day marked: of these, the rows themselves are read."""
    with transaction.atomic():
        mark_all_days()
        found = figures(*args)
        transaction.set_rollback(True)
    return found


def mark_all_days():
    days = set(Delivery.objects.values_list("unit", "due_at__date"))
    days |= set(Post.objects.values_list("unit", "created_at__date"))
    marks = [
        ChangedDay(kind=kind, unit_id=unit, day=day)
        for kind in ("due", "written")
        for unit, day in days
    ]
    ChangedDay.objects.bulk_create(marks)


@pytest.mark.django_db
def test_pages_show_the_raw_figures_before_and_after_they_are_summed_up(messy):
    one, two, a, b, c = messy
    of = (factories.person(Role.OVERSEER, factories.ministry()), (one, two), a)
    of_raw = raw_figures(*of)
    assert any(row[4] for row in of_raw)
    assert figures(*of) == of_raw  # all of it is marked

    assert services.refresh_changed_days() > 0
    assert (services.refresh_changed_days(), services.find_differences()) == (0, {})
    assert DueDay.objects.filter(unit=b).count() == 2
    assert figures(*of) == of_raw

    # Withdrawn, published late by hand, scheduled again, given to another day; not summed up yet.
    gone = Delivery.objects.filter(unit=a, state=State.PUBLISHED).first()
    Delivery.objects.filter(pk=gone.pk).update(state=State.RECALLED, published_at=None)
    Delivery.objects.filter(state=State.NEEDS_PERSON).update(
        state=State.PUBLISHED, error_code="", receipt_source="seen", published_at=timezone.now()
    )
    last = timezone.now() - 8 * DAY
    Delivery.objects.filter(unit=c, state=State.PUBLISHED).update(due_at=last, not_after=last + DAY)
    Post.objects.filter(title="", unit=a).update(title="Written at last")
    of_raw = raw_figures(*of)
    assert figures(*of) == of_raw
    services.refresh_changed_days()
    assert services.find_differences() == {}
    assert figures(*of) == of_raw


@pytest.mark.django_db
def test_a_days_summary_serves_until_it_is_marked(messy):
    _one, _two, a, _b, _c = messy
    services.refresh_changed_days()
    DueDay.objects.filter(unit=a).update(published=77)  # so that its reading shows
    period = Period(timezone.localdate() - 3 * DAY, timezone.localdate() - 3 * DAY)
    assert make_row(a, period, now=timezone.now()).published == 77

    Delivery.objects.filter(unit=a, due_at__date=period.first).update(not_after=timezone.now())
    assert make_row(a, period, now=timezone.now()).published == 2


@pytest.mark.django_db
def test_a_provinces_sum_serves_until_one_of_its_units_is_marked(messy):
    one, two, a, b, _c = messy
    person = factories.person(Role.OVERSEER, factories.ministry())
    services.refresh_changed_days()
    day = timezone.localdate() - 3 * DAY
    ProvinceDueDay.objects.update(published=70)  # so that its reading shows
    ProvinceWrittenDay.objects.update(posts=60)

    def shown(name, period):
        rows = list_province_rows(person, period, now=timezone.now())
        return [getattr(row, name) for row in rows if row.unit in (one, two)]

    days, today = Period(day, day), Period.last_days(1)
    assert (shown("published", days), shown("posts", today)) == ([70, 70], [60, 60])
    assert shown("alive", days) == [2, 1]  # of units, whatever the sums say

    # Only the province of the unit is read from its units, and the unit from its rows.
    Delivery.objects.filter(unit=a, due_at__date=day).update(not_after=timezone.now())
    factories.PostFactory(unit=b, title="Begun now")
    DueDay.objects.filter(unit=a).update(published=30)
    DueDay.objects.filter(unit=b, day=day).update(published=5)
    assert shown("published", days) == [2 + 5 + 2, 70]
    written = Post.objects.written().filter(unit__path__startswith=one.path, unit__isnull=False)
    n_today = written.filter(created_at__gte=today.start).count()
    assert shown("posts", today) == [n_today, 60]

    services.refresh_changed_days()
    assert shown("published", days) == [2 + 5 + 2, 70]


@pytest.mark.django_db
def test_a_unit_that_moves_takes_its_days_to_the_other_province(messy):
    one, two, a, _b, _c = messy
    of = (factories.person(Role.OVERSEER, factories.ministry()), (one, two), a)
    services.refresh_changed_days()
    Unit.objects.filter(pk=a.pk).update(parent=two, path=f"{two.path}{a.pk}/")

    of_raw = raw_figures(*of)
    assert figures(*of) == of_raw
    services.refresh_changed_days()
    assert services.find_differences() == {}
    assert figures(*of) == of_raw


@pytest.mark.django_db
def test_a_rebuild_mends_what_a_check_finds(messy, capsys):
    services.refresh_changed_days()
    DueDay.objects.filter(due__gt=0).first().delete()
    ProvinceWrittenDay.objects.update(posts=1000)
    with pytest.raises(CommandError):
        call_command("rebuild_rollups", check=True)
    printed = capsys.readouterr().out
    assert "+ engagement_dueday" in printed
    assert "- engagement_provincewrittenday" in printed
    assert "engagement_provincedueday compared" in printed
    assert " engagement_writtenday:" not in printed
    DueDay.objects.update(failed=9)
    ProvinceDueDay.objects.all().delete()
    with pytest.raises(CommandError):
        call_command("rebuild_rollups", "--check")
    call_command("rebuild_rollups")
    call_command("rebuild_rollups", "--check")
    assert not ChangedDay.objects.exists()


@pytest.mark.django_db
def test_gains_follow_late_and_corrected_counts(publish):
    unit, campaign = factories.UnitFactory(), factories.CampaignFactory()
    now = timezone.now()
    delivery = publish(unit=unit, campaign=campaign, at=now - 6 * DAY, views=120)

    def gains():
        services.refresh_changed_days()
        assert services.find_differences() == {}
        return list(UnitGain.objects.order_by("day").values_list("views", "reach"))

    def count(ago, **figures):
        return Count.objects.create(delivery=delivery, taken_at=now - ago, **figures)

    count(5 * DAY, views=100)
    count(3 * DAY, views=80, reach=10)  # the platform corrected itself
    count(2 * DAY, reach=15)  # and told no views
    assert gains() == [(100, None), (-20, 10), (0, 5)]
    last = count(1 * DAY, views=90)
    assert gains() == [(100, None), (-20, 10), (0, 5), (10, 0)]
    late = count(4 * DAY, views=130)  # changes the gain of the count after it
    assert gains() == [(100, None), (30, None), (-50, 10), (0, 5), (10, 0)]
    late.delete()
    Count.objects.filter(pk=last.pk).update(views=95)
    assert gains() == [(100, None), (-20, 10), (0, 5), (15, 0)]

    # Another campaign, and the figures of its publications with it.
    other = factories.CampaignFactory()
    Post.objects.filter(pk=delivery.post_id).update(campaign=other)
    Measurement.objects.filter(delivery=delivery).update(views=95)
    gains()
    assert list(PostDay.objects.values_list("campaign", "views")) == [(other.pk, 95)]


@pytest.mark.django_db
def test_a_run_that_dies_leaves_its_marks(messy, monkeypatch):
    marked = ChangedDay.objects.count()
    with monkeypatch.context() as patched:
        patched.setattr(Summary, "replace_days", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.refresh_changed_days()
    assert ChangedDay.objects.count() == marked
    services.refresh_changed_days()
    assert services.find_differences() == {}


@pytest.mark.django_db
def test_what_does_not_matter_marks_nothing(messy):
    services.refresh_changed_days()
    Delivery.objects.update(permalink="https://example.vn/1", verify_count=3)
    Post.objects.exclude(title="").update(body="Other words", version=9)
    Measurement.objects.update(next_at=timezone.now(), failures=2)
    assert not ChangedDay.objects.exists()


@pytest.mark.django_db
def test_sums_of_a_province_are_those_of_its_units(messy):
    services.refresh_changed_days()
    now, period = timezone.now(), Period.last_days(30)
    window = DueWindow(period, period.start, now)
    units = Unit.objects.order_by().values("pk")
    names = ("published", "due", "on_time", "failed")
    totals = [
        [sum(row[name] for row in rows) for name in names]
        for rows in (sum_due_deliveries(units, window), sum_due_deliveries_of_nation(window))
    ]
    assert totals[0] == totals[1]


@pytest.mark.django_db
def test_a_campaigns_figures_are_the_raw_ones_at_any_time(publish):
    now, province = timezone.now(), factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    one, two = (factories.UnitFactory(parent=province) for _ in range(2))
    pages = [factories.ChannelFactory(unit=one, platform=p) for p in ("facebook", "zalo")]
    post = factories.approved(factories.PostFactory(unit=one, channels=pages, campaign=campaign))
    both = [publish(post=post, channel=page, at=now - n * DAY) for n, page in enumerate(pages, 4)]
    gone = publish(unit=two, campaign=campaign, at=now - 3 * DAY, state=State.RECALLED, reach=7)
    publish(unit=two, campaign=campaign, at=now - 40 * DAY, views=5000)  # before the period
    publish(unit=two, at=now - 3 * DAY, views=4000)  # of no campaign
    elsewhere = factories.UnitFactory(parent=factories.ProvinceFactory())
    publish(unit=elsewhere, campaign=campaign, at=now - 3 * DAY, views=3000)
    person = factories.person(Role.OVERSEER, province)

    def count(delivery, ago, **figures):
        Count.objects.create(delivery=delivery, taken_at=now - ago, **figures)
        newest = {"taken_at": now - ago, **figures}
        Measurement.objects.update_or_create(delivery=delivery, defaults=newest)

    def shown(rows=None):
        rows = (
            dashboard.find_published(person, campaign, Period.last_days(30))
            if rows is None
            else rows
        )
        ways = (
            "sum_totals",
            "sum_by_platform",
            "sum_by_unit",
            "find_best_posts",
            "sum_daily_totals",
        )
        posts = progress.sum_published_posts(rows, most=60)
        added_up = [sorted(posts.parts), posts.first_days, sorted(posts.candidates)]
        return [*(getattr(dashboard, way)(rows) for way in ways), *added_up]

    def is_raw():
        raw = dashboard.find_published(person, campaign, Period.last_days(30)).all()
        assert raw.filter_of_sums is None
        assert shown() == shown(raw)
        return shown()[0]

    count(both[0], 3 * DAY, views=100, reach=50)
    count(both[1], 2 * DAY, views=40)
    total = is_raw()
    first = timezone.localdate(now - 5 * DAY)
    seen = timezone.localdate(now - 3 * DAY)
    parts, first_days, candidates = shown()[-3:]
    assert parts == [(one.pk, first, 1, 50, None), (two.pk, seen, 1, 7, None)]
    assert (first_days, candidates) == ({first: 1, seen: 1}, sorted([post.pk, gone.post_id]))
    assert [total[n] for n in ("publications", "posts", "units", "withdrawn")] == [3, 2, 2, 1]
    assert sum(row["channels"] for row in shown()[1]) == 3
    assert (total["views"], total["views_of"], total["reach"], total["saves"]) == (140, 2, 57, None)
    services.refresh_changed_days()
    assert is_raw() == total
    count(both[0], DAY, views=90)  # corrected downwards, and not summed up yet
    Delivery.objects.filter(pk=gone.pk).update(published_at=now - 2 * DAY)
    assert is_raw()["views"] == 130
    services.refresh_changed_days()
    assert services.find_differences() == {}
    assert is_raw()["views"] == 130

    PostDay.objects.filter(unit=one, day=timezone.localdate(both[0].published_at)).update(views=1)
    assert shown()[0]["views"] == 41  # which shows that it is read


@pytest.mark.django_db
def test_the_best_are_the_same_as_among_all_publications(publish, monkeypatch):
    monkeypatch.setattr(usual, "MOST_RANKED", 3)
    now, province = timezone.now(), factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    person = factories.person(Role.OVERSEER, province)
    units = [factories.UnitFactory(parent=province) for _ in range(3)]
    page = factories.ChannelFactory(unit=units[0])
    other = factories.ChannelFactory(unit=units[0], platform="zalo")
    # Together they have most, but neither of them alone.
    spread = publish(channel=page, campaign=campaign, at=now - 4 * DAY, reach=60)
    publish(post=spread.post, channel=other, at=now - 3 * DAY, views=55)
    for unit, figure in ((units[1], {"reach": 90}), (units[1], {"views": 70})):
        publish(unit=unit, campaign=campaign, at=now - 2 * DAY, **figure)
    for unit in (*units, *units):  # as much as the third, with a higher key
        publish(unit=unit, campaign=campaign, at=now - 5 * DAY, reach=60)
    publish(unit=units[2], campaign=campaign, at=now - 2 * DAY)

    def found(*, all_of_them):
        rows = dashboard.find_published(person, campaign, Period.last_days(30))
        if not all_of_them:
            posts = progress.sum_published_posts(rows, most=3)
            rows = rows.filter(post__in=posts.candidates)
        return [
            (candidate.delivery.pk, candidate.value)
            for candidate in usual.find_candidates(rows, now=now, weak=False)
        ]

    for _summed in range(2):
        assert found(all_of_them=False) == found(all_of_them=True)
        assert [value for _pk, value in found(all_of_them=True)] == [90, 70, 60]
        services.refresh_changed_days()
    late = publish(unit=units[2], campaign=campaign, at=now - 6 * DAY, reach=80)
    assert (late.pk, 80) in found(all_of_them=False)
