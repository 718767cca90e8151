"""The queue of posts that wait for approval."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from tests import factories
from tests.publishing.review.conftest import address, titles

pytestmark = pytest.mark.django_db


def test_the_queue_shows_the_longest_waiting_first_and_the_newest_on_demand(client, unit, approver):
    old, _new = (factories.submitted(unit=unit, title=title) for title in ("Cũ", "Mới"))
    old.submitted_at = timezone.now() - timedelta(hours=3)
    old.save()
    address = reverse("publishing:review_queue")

    assert titles(client.get(address)) == ["Cũ", "Mới"]
    assert titles(client.get(address, {"sort": "newest"})) == ["Mới", "Cũ"]


def test_the_queue_leaves_out_other_units_and_what_is_not_submitted(client, unit, approver):
    factories.submitted(unit=unit, title="Của đơn vị")
    factories.submitted(title="Đơn vị khác")
    factories.PostFactory(unit=unit, title="Bản thảo")
    factories.approved(unit=unit, title="Đã duyệt")

    assert titles(client.get(reverse("publishing:review_queue"))) == ["Của đơn vị"]


def test_a_leaders_own_post_is_in_the_queue_but_cannot_be_chosen(client, unit, approver):
    mine = factories.submitted(unit=unit, author=approver)
    other = factories.submitted(unit=unit)

    html = client.get(reverse("publishing:review_queue")).content.decode()

    assert str(mine.current_revision.public_id) not in html
    # Nor can what nobody has opened yet.
    assert str(other.current_revision.public_id) not in html
    client.get(address(other))
    html = client.get(reverse("publishing:review_queue")).content.decode()
    assert str(mine.current_revision.public_id) not in html
    assert str(other.current_revision.public_id) in html
    assert "Written by you" in html


def test_an_officer_has_no_review_queue(client, unit):
    client.force_login(factories.person(Role.OFFICER, unit))

    assert client.get(reverse("publishing:review_queue")).status_code == 403


def queries_for(client, django_assert_max_num_queries, address, most):
    with django_assert_max_num_queries(most) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_the_queue_costs_as_many_queries_with_three_posts_as_with_one(
    client, unit, approver, django_assert_max_num_queries
):
    address = reverse("publishing:review_queue")
    client.get(address)  # the first request of a session also writes it down
    factories.submitted(unit=unit)
    one = queries_for(client, django_assert_max_num_queries, address, 30)
    factories.submitted(unit=unit)
    factories.submitted(unit=unit)

    assert queries_for(client, django_assert_max_num_queries, address, 30) == one


def test_a_new_approver_is_told_from_when_on_they_approve(client, unit, approver):
    factories.submitted(unit=unit)
    pages = [reverse("publishing:review_queue"), reverse("oversight:today")]
    said = f"You can approve posts of {unit} from "
    assert [said in client.get(page).text for page in pages] == [False, False]

    approves_from = timezone.now() + timedelta(hours=20)
    approver.appointments.update(approves_from=approves_from)

    shown = [client.get(page).text for page in pages]
    assert [said in text for text in shown] == [True, True]
