"""Posts in review that nobody of their unit may approve: an administrator is told once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice, User
from accounts.permissions import Role
from posts.review import approvers, decisions
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def administrator(unit):
    return factories.person(Role.ADMINISTRATOR, unit.parent, language="en")


@pytest.fixture
def waiting(unit):
    return factories.submitted(unit=unit)


def watch():
    return approvers.notify_unapprovable(now=timezone.now())


def notices(user):
    found = Notice.objects.filter(
        user=user, kind__in=["posts_without_approver", "posts_wait_for_you"]
    )
    return [(notice.kind, notice.facts["n"]) for notice in found]


def test_where_somebody_can_approve_nobody_is_told(unit, administrator, waiting):
    chief = factories.person(Role.APPROVER, unit)

    assert watch() == (0, 0)
    assert notices(administrator) == notices(chief) == []


@pytest.mark.parametrize("loss", ["none appointed", "disabled", "position ended", "wrote it"])
def test_the_provinces_administrator_is_told_once_of_what_nobody_can_approve(
    unit, administrator, waiting, loss
):
    factories.person(Role.ADMINISTRATOR, factories.ministry())
    if loss != "none appointed":
        chief = factories.person(Role.APPROVER, unit, is_active=loss != "disabled")
        if loss == "position ended":
            chief.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))
        if loss == "wrote it":
            waiting.contributions.create(user=chief, edited_at=timezone.now())

    assert watch() == (1, 0)
    assert watch() == (0, 0)

    assert notices(administrator) == [("posts_without_approver", "1")]
    assert Notice.objects.filter(kind="posts_without_approver").count() == 1


def test_who_can_approve_again_is_told_and_finds_it(client, unit, administrator, waiting):
    watch()
    deputy = factories.person(Role.APPROVER, unit, language="en")

    assert watch() == (0, 1)
    assert watch() == (0, 0)

    assert notices(deputy) == [("posts_wait_for_you", "1")]
    client.force_login(deputy)
    page = client.get(reverse("publishing:review_queue")).context["page_obj"]
    assert list(page) == [waiting]


@pytest.mark.parametrize(("wrote", "lost"), [(False, 0), (True, 1)])
def test_a_deputy_counts_but_not_for_the_words_of_whoever_they_stand_in_for(
    unit, administrator, waiting, wrote, lost
):
    chief = factories.person(Role.APPROVER, unit)
    factories.delegation(unit, chief=chief, deputy=factories.person(Role.OFFICER, unit))
    waiting.contributions.create(
        user=chief if wrote else factories.person(Role.OFFICER, unit), edited_at=timezone.now()
    )
    other = factories.person(Role.APPROVER, unit)
    waiting.contributions.create(user=other, edited_at=timezone.now())

    assert watch() == (lost, 0)


def test_today_tells_the_administrator_how_many_and_where(client, unit, administrator, waiting):
    client.force_login(administrator)
    assert "nobody can approve" not in client.get("/").text
    watch()
    factories.submitted(unit=factories.UnitFactory())
    watch()

    html = client.get("/").text

    assert "1 post that nobody can approve" in " ".join(html.split())
    assert unit.name in html
    assert waiting.title not in html


def test_what_left_review_waits_for_nobody(client, unit, administrator, waiting):
    watch()
    waiting.refresh_from_db()
    decisions.reopen(waiting, by=waiting.author)
    watch()

    waiting.refresh_from_db()
    assert waiting.without_approver_since is None


def test_what_waits_for_the_province_is_not_the_units(unit, administrator):
    factories.topic_rule(unit.parent)
    chief = factories.person(Role.APPROVER, unit)
    post = factories.submitted(unit=unit)
    decisions.approve(post, post.current_revision, by=chief, proof=factories.proof())
    User.objects.filter(pk=chief.pk).update(is_active=False)

    assert watch() == (0, 0)
