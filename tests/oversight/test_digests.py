"""The weekly mail to those who oversee."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from channels.states import Health
from core.models import Letter
from oversight.digests import mailing
from oversight.models import Digest
from tests import factories

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)  # 07:00 here


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


def letters() -> dict[str, Letter]:
    return {letter.to: letter for letter in Letter.objects.filter(job__ended_at=None)}


def test_one_mail_a_person_and_week_says_what_changed(province, overseer, client):
    units = [factories.UnitFactory(parent=province, place=f"Phường Số {n}") for n in range(12)]
    page = factories.ChannelFactory(unit=units[0], health=Health.LOST)
    late = timezone.localdate(MONDAY) - timedelta(days=1)
    factories.matter(units[1], deadline=late, text="Chuyện kín")
    ministry = factories.person(Role.SUPERVISOR, factories.ministry())
    factories.person(Role.OFFICER, units[0])
    factories.person(Role.SUPERVISOR, units[0])
    factories.person(Role.OVERSEER, factories.ProvinceFactory())  # has nothing to be told
    unwilling = factories.person(Role.OVERSEER, province)
    mailing.set_wanted(unwilling, wanted=False)

    assert [mailing.send_due(now=MONDAY) for _time in range(2)] == [2, 0]

    text = letters()[overseer.email].text
    assert set(letters()) == {overseer.email, ministry.email}
    assert text.count("/needs/") == mailing.MOST_UNITS
    assert f"/oversight/{units[0].key}/needs/" in text
    assert "Yêu cầu quá hạn trả lời: 1" in text
    assert "Trang không đăng được bài: 1\n" in text
    assert "Chuyện kín" not in text

    type(page).objects.update(health=Health.CONNECTED)
    mailing.set_wanted(unwilling, wanted=True)
    Letter.objects.all().delete()
    client.force_login(overseer)
    shown = client.get(reverse("oversight:digest"))
    assert shown.context["wanted"]
    assert mailing.send_due(now=MONDAY + timedelta(days=7, hours=3)) == 3
    assert "Trang không đăng được bài: 0 (-1 so với tuần trước)" in letters()[overseer.email].text
    assert "so với tuần trước" not in letters()[unwilling.email].text
    assert Digest.objects.filter(user=overseer).count() == 2
    client.post(reverse("oversight:digest"), {})
    assert not client.get(reverse("oversight:digest")).context["wanted"]
    assert mail.outbox == []
