"""A rebuild goes by batches: pages are right all the time, and it may be killed at any moment."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.permissions import Role
from core.locks import try_alone
from core.periods import Period
from engagement.models import Count, Measurement
from engagement.rollups import services
from engagement.rollups.models import ChangedDay, DueDay, PageDay, PlatformDay, UnitGain, UnitPeriod
from oversight.queries import list_province_rows
from posts.models import Post
from publishing.models import Delivery
from tests import factories
from units.models import Unit

DAY = timedelta(days=1)


class Killed(BaseException):
    pass


@pytest.fixture
def nation(publish, monkeypatch):
    """Two provinces of two communes with a counted publication each; a batch is one unit."""
    monkeypatch.setattr(services, "_UNITS_PER_TRANSACTION", 1)
    units = []
    for province in (factories.ProvinceFactory(), factories.ProvinceFactory()):
        for _ in range(2):
            unit = factories.UnitFactory(parent=province)
            delivery = publish(unit=unit, at=timezone.now() - 3 * DAY, views=10, reach=7)
            Count.objects.create(
                delivery=delivery, taken_at=timezone.now() - 2 * DAY, views=10, reach=7
            )
            units.append(unit)
    return units


@pytest.fixture
def shown(nation):
    """Return what the ministry's page shows; with ``raw``, of the rows themselves: each day is
    marked then.
    """
    person = factories.person(Role.OVERSEER, factories.ministry())

    def rows(*, raw=False):
        with transaction.atomic():
            if raw:
                days = set(Delivery.objects.values_list("unit", "due_at__date"))
                days |= set(Post.objects.values_list("unit", "created_at__date"))
                ChangedDay.objects.bulk_create(
                    ChangedDay(kind=kind, unit_id=unit, day=day)
                    for kind in ("due", "written")
                    for unit, day in days
                )
            found = list_province_rows(person, Period.last_days(30), now=timezone.now())
            transaction.set_rollback(raw)
        return [(row.unit.pk, row.published, row.due, row.posts) for row in found]

    return rows


def spoil():
    """Make all summaries wrong, as if rows had been changed behind the triggers."""
    DueDay.objects.update(published=9)
    PageDay.objects.update(views=77)
    PlatformDay.objects.update(views=99)
    UnitGain.objects.update(views=5)
    UnitPeriod.objects.update(reach=1)


def killed_after(batches):
    def progress(done, of):
        if done == batches:
            raise Killed

    return progress


@pytest.mark.django_db
def test_one_that_was_killed_between_batches_is_begun_again(nation):
    services.refresh_changed_days()
    spoil()

    with pytest.raises(Killed):
        services.rebuild_all(on_progress=killed_after(4))
    assert DueDay.objects.filter(published=9).exists()
    assert DueDay.objects.exclude(published=9).exists()

    assert services.rebuild_all()
    assert services.find_differences() == {}
    assert UnitGain.objects.filter(views=10, reach=7).count() == 4


@pytest.mark.django_db
def test_one_that_was_killed_within_a_batch_has_changed_nothing_of_it(nation, monkeypatch):
    def killed(batch):
        if nation[0].pk in batch.units:
            raise Killed

    monkeypatch.setattr(services, "rebuild_province", killed)
    marks = ChangedDay.objects.filter(unit=nation[0])
    number = marks.count()

    with pytest.raises(Killed):
        services.rebuild_all()

    assert marks.count() == number > 0
    assert not DueDay.objects.filter(unit=nation[0]).exists()


@pytest.mark.django_db
def test_pages_are_right_after_each_batch(nation, shown):
    of_raw, seen = shown(raw=True), []

    assert services.rebuild_all(on_progress=lambda done, of: seen.append((done, of, shown())))

    assert [rows for _done, _of, rows in seen] == [of_raw] * len(Unit.objects.all())
    assert [done for done, _of, _rows in seen] == list(range(1, seen[-1][1] + 1))
    assert services.find_differences() == {}
    assert not ChangedDay.objects.exists()


@pytest.mark.django_db
def test_a_province_and_the_nation_are_those_of_its_units_after_each_batch(nation):
    def views(of):
        return sum(of.values_list("views", flat=True))

    def compare(done, of):
        in_all = views(PageDay.objects.all())
        assert views(PlatformDay.objects.filter(province=None)) == in_all
        assert views(PlatformDay.objects.exclude(province=None)) == in_all
        seen.append(in_all)

    seen = []
    services.rebuild_all(on_progress=compare)
    assert (seen[0], seen[-1]) == (0, 40)


@pytest.mark.django_db(transaction=True)
def test_a_count_that_comes_during_a_batch_is_not_lost(nation, monkeypatch):
    """It commits after the batch took its marks and read the counts."""
    delivery = Count.objects.filter(delivery__unit=nation[0]).get().delivery
    real = services.rebuild_province

    def collect():
        Count.objects.create(delivery=delivery, taken_at=timezone.now() - DAY, views=31, reach=8)
        Measurement.objects.filter(delivery=delivery).update(views=31, reach=8)
        connection.close()

    def meanwhile(batch):
        if nation[0].pk in batch.units:
            thread = threading.Thread(target=collect)
            thread.start()
            thread.join()
        real(batch)

    monkeypatch.setattr(services, "rebuild_province", meanwhile)
    services.rebuild_all()
    monkeypatch.undo()

    kinds = set(ChangedDay.objects.filter(unit=nation[0]).values_list("kind", flat=True))
    assert kinds == {"gained", "published"}
    services.refresh_changed_days()
    assert services.find_differences() == {}
    gains = UnitGain.objects.filter(unit=nation[0]).order_by("day")
    assert list(gains.values_list("views", "reach")) == [(10, 7), (21, 1)]
    assert sum(PlatformDay.objects.filter(province=None).values_list("views", flat=True)) == 61


@pytest.mark.django_db(transaction=True)
def test_runs_come_between_batches(nation):
    done = []

    def run():
        done.append(services.refresh_changed_days())
        connection.close()

    def meanwhile(*_):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    services.rebuild_all(on_progress=meanwhile)
    assert done[0] > 0


@pytest.mark.django_db
def test_what_is_left_of_units_that_are_gone_is_removed(nation):
    services.refresh_changed_days()
    gone = 10 * Unit.objects.order_by("-pk").first().pk
    for model in (DueDay, PageDay, UnitPeriod):
        model.objects.filter(pk=model.objects.filter(unit=nation[0]).first().pk).update(unit=gone)
    PlatformDay.objects.filter(province=nation[0].parent_id).update(province=nation[1].pk)

    services.rebuild_all()

    assert services.find_differences() == {}
    assert not DueDay.objects.filter(unit=gone).exists()
    assert not UnitPeriod.objects.filter(unit=gone).exists()


@pytest.mark.django_db(transaction=True)
def test_while_another_run_does_not_end_nothing_is_done(monkeypatch):
    monkeypatch.setattr(services, "_WAIT_FOR_LOCK", 0.0)
    held, done = threading.Event(), threading.Event()

    def hold():
        with try_alone(services._LOCK):
            held.set()
            done.wait(60)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(60)
    assert not services.rebuild_all()
    done.set()
    other.join()
    assert services.rebuild_all()


@pytest.mark.django_db
def test_the_command_tells_how_far_it_is(nation, capsys):
    call_command("rebuild_rollups")
    said = capsys.readouterr().out.splitlines()
    number = Unit.objects.count()
    assert said == [
        *(f"{n} of {number} batches of units" for n in range(1, number + 1)),
        "The daily summaries are made anew.",
    ]
