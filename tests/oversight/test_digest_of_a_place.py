"""The place that the weekly mail tells of, its readers, and the week it compares with."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Appointment
from accounts.permissions import Role
from channels.states import Health
from core.models import Letter
from oversight.digests import mailing
from oversight.models import Digest
from tests import factories
from tests.rivals import act_at_once

MONDAY = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)  # 07:00 here
TODAY = timezone.localdate(MONDAY)
WEEK, DAY = timedelta(days=7), timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.clock("2026-11-30 07:00")]


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province, language="en")


def add_pageless(province, n=1):
    return [factories.UnitFactory(parent=province) for _number in range(n)]


def send(now=MONDAY) -> dict[str, str]:
    """Send what is due; return the texts of the new letters by address."""
    Letter.objects.all().delete()
    n = mailing.send_due(now=now)
    letters = {letter.to: letter.text for letter in Letter.objects.all()}
    assert n == len(letters)
    return letters


def find_line(text: str, label: str) -> str:
    (line,) = [line.strip() for line in text.splitlines() if label in line]
    return line


def test_another_province_is_not_compared_with_the_one_before(province, overseer):
    add_pageless(province, 5)
    other = factories.ProvinceFactory()
    add_pageless(other)
    assert "no page connected: 5" in send()[overseer.email].casefold()

    post = overseer.appointments.get()
    post.unit = other
    post.save()
    moved = find_line(send(MONDAY + WEEK)[overseer.email].casefold(), "no page connected:")
    assert moved.endswith("no page connected: 1")

    add_pageless(other, 2)
    later = find_line(send(MONDAY + 2 * WEEK)[overseer.email].casefold(), "no page connected:")
    assert "no page connected: 3 (+2" in later


def test_the_page_compares_the_place_that_it_shows(client, province, overseer):
    add_pageless(province, 4)
    send(MONDAY - WEEK)
    other = factories.ProvinceFactory()
    add_pageless(other)
    post = overseer.appointments.get()
    post.unit = other
    post.save()
    client.force_login(overseer)

    context = client.get(reverse("oversight:digest")).context

    assert context["summary"].place == other
    assert [(kind.key, n, more) for kind, n, more in context["lines"]] == [("pageless", 1, None)]


def test_who_oversees_two_places_gets_one_mail_of_the_higher(province, overseer):
    add_pageless(province)
    Appointment.objects.create(
        user=overseer,
        unit=factories.ministry(),
        role=Role.SUPERVISOR,
        valid_from=TODAY - DAY,
    )

    letters = send()

    assert set(letters) == {overseer.email}
    assert Digest.objects.get().unit == factories.ministry()
    assert send() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"valid_to": TODAY - DAY},
        {"valid_from": TODAY + DAY},
        {"role": Role.OFFICER},
        {"role": Role.ADMINISTRATOR},
    ],
)
def test_who_oversees_nothing_on_that_day_gets_no_mail(province, overseer, change):
    add_pageless(province)
    overseer.appointments.update(**change)

    assert send() == {}


def test_who_left_or_whose_province_was_merged_gets_no_mail(province, overseer):
    add_pageless(province)
    merged = factories.ProvinceFactory(valid_to=TODAY)
    add_pageless(merged)
    factories.person(Role.OVERSEER, merged)
    assert set(send()) == {overseer.email}
    overseer.is_active = False
    overseer.save()

    assert send(MONDAY + WEEK) == {}


def test_a_week_with_nothing_to_tell_has_no_mail_and_the_next_compares_with_the_last(
    province, overseer
):
    (unit,) = add_pageless(province)
    send()
    page = factories.ChannelFactory(unit=unit)
    factories.delivery(
        factories.approved(factories.PostFactory(unit=unit, channels=[page])),
        page,
        state="published",
        published_at=MONDAY + WEEK - DAY,
        due_at=MONDAY + WEEK - DAY,
        remote_id="r1",
    )
    assert send(MONDAY + WEEK) == {}
    type(page).objects.update(health=Health.LOST)

    text = send(MONDAY + 2 * WEEK)[overseer.email]

    assert Digest.objects.filter(user=overseer).count() == 2
    assert "no page connected: 0 (-1" in find_line(text.casefold(), "no page connected:")


def test_the_mail_counts_what_the_board_shows(client, province, overseer):
    units = add_pageless(province, 6)
    for unit in units[:4]:
        factories.ChannelFactory(unit=unit)  # and silent
    for unit in units[:2]:
        type(unit.channels.get()).objects.filter(unit=unit).update(health=Health.LOST)
    for _number in range(3):
        factories.matter(units[5], deadline=TODAY - DAY)
    client.force_login(overseer)
    tiles = client.get(reverse("oversight:board")).context["tiles"]
    counted = Counter(kind.key for row, _kind in tiles for kind, _n in row.found)

    send()

    told = {key: n for key, n in Digest.objects.get().counts.items() if n}
    assert told == {**counted, "late_matters": 3}
    assert counted == {"dead": 2, "silent": 4, "pageless": 2, "matter": 1}


def test_each_reads_the_mail_in_their_language(province, overseer):
    add_pageless(province)
    vietnamese = factories.person(Role.OVERSEER, province, language="vi")

    letters = send()

    assert "No page connected" in letters[overseer.email] or "no page" in letters[overseer.email]
    assert "no page" not in letters[vietnamese.email]


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_one_mails():
    province = factories.ProvinceFactory()
    overseer = factories.person(Role.OVERSEER, province)
    add_pageless(province)

    outcomes = act_at_once(*[lambda: mailing.send_due(now=MONDAY)] * 2)

    assert outcomes == {"done": 2}
    assert [letter.to for letter in Letter.objects.all()] == [overseer.email]
    assert Digest.objects.count() == 1
