"""The hand-over of somebody who leaves, for those who administer the account."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from posts.states import PostState
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def leaver(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def admin(client, unit):
    admin = factories.person(Role.ADMINISTRATOR, unit.parent)
    client.force_login(admin)
    return admin


def page(person):
    return reverse("oversight:hand_over", args=[person.public_id])


def test_it_counts_open_posts_and_names_pages_and_reads_no_draft(client, unit, leaver, admin):
    for title in ("Bài mật một", "Bài mật hai"):
        factories.PostFactory(unit=unit, author=leaver, title=title)
    factories.PostFactory(unit=unit, author=leaver, state=PostState.ARCHIVED)
    factories.PostFactory(unit=unit)
    channel = factories.ChannelFactory(unit=unit, connected_by=leaver)
    factories.ChannelFactory(unit=unit)

    shown = client.get(page(leaver))

    assert [(row.unit, row.n) for row in shown.context["posts"]] == [(unit, 2)]
    assert [row.label for row in shown.context["channels"]] == [str(channel)]
    assert "Bài mật" not in shown.text
    assert page(leaver) in client.get(reverse("accounts:person", args=[leaver.public_id])).text


def test_who_has_nothing_in_hand_is_told_so(client, leaver, admin):
    assert client.get(page(leaver)).context["is_empty"]


def test_only_who_governs_the_account_sees_it(client, unit, leaver):
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()))
    assert client.get(page(leaver)).status_code == 404
    client.force_login(factories.person(Role.APPROVER, unit))
    assert client.get(page(leaver)).status_code in (403, 404)


def test_an_account_whose_last_post_has_ended_is_offered_for_disabling(client, leaver, admin):
    person = reverse("accounts:person", args=[leaver.public_id])
    offer = "holds no post any more, and the account is still in use"
    assert offer not in client.get(person).text
    leaver.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))

    assert offer in client.get(person).text
    leaver.is_active = False
    leaver.save()
    assert offer not in client.get(person).text
