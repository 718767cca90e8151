import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.permissions import Role
from posts import services as posts
from posts.models import Review
from posts.states import PostState
from publishing.models import Delivery
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


def leader(unit, **fields):
    return factories.person(Role.APPROVER, unit, language="en", **fields)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def approver(unit, client):
    user = leader(unit)
    client.force_login(user)
    return user


def decide(client, post, decision, *, revision=None, **data):
    revision = revision or post.current_revision
    data |= {"revision": revision.public_id, "decision": decision}
    return client.post(reverse("publishing:review", args=[post.public_id]), data)


def titles(response):
    return [post.title for post in response.context["page_obj"]]


# --- The queue --------------------------------------------------------------------------------------------------------


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


# --- One decision -----------------------------------------------------------------------------------------------------


def test_the_review_page_shows_the_revision_and_not_the_working_copy(client, unit, approver):
    post = factories.submitted(unit=unit, title="Bản trình duyệt")
    post.title = "Bản đang gõ dở"
    post.save()

    html = client.get(reverse("publishing:review", args=[post.public_id])).content.decode()

    assert "Bản trình duyệt" in html
    assert "Bản đang gõ dở" not in html


def test_the_review_page_shows_what_changed_since_the_last_approved_revision(client, unit, approver):
    post = factories.approved(unit=unit, title="Gọi 113 khi nghi ngờ")
    post.state, post.approved_revision, post.title = PostState.DRAFT, None, "Gọi 114 khi nghi ngờ"
    post = factories.submitted(post)

    html = client.get(reverse("publishing:review", args=[post.public_id])).content.decode()

    assert "<del>113</del>" in html
    assert "<ins>114</ins>" in html


def test_approving_leads_to_the_next_post_in_the_queue(client, unit, approver):
    first, second = factories.submitted(unit=unit), factories.submitted(unit=unit)

    response = decide(client, first, "approve")

    first.refresh_from_db()
    assert (first.state, first.approved_revision) == (PostState.APPROVED, first.current_revision)
    assert response["Location"] == reverse("publishing:review", args=[second.public_id])
    assert not Delivery.objects.exists()


def test_the_last_decision_leads_back_to_the_empty_queue_past_the_leaders_own_posts(client, unit, approver):
    factories.submitted(unit=unit, author=approver)

    assert decide(client, factories.submitted(unit=unit), "approve")["Location"] == reverse("publishing:review_queue")


def test_approve_and_schedule_keeps_the_wanted_time_on_every_channel(client, unit, approver):
    wanted = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    channels = [factories.ChannelFactory(unit=unit), factories.ChannelFactory(unit=unit, platform="zalo")]
    post = factories.submitted(unit=unit, wanted_at=wanted, channels=channels, media=[factories.media(unit)])

    decide(client, post, "schedule")

    found = Delivery.objects.order_by("channel").values_list("channel", "due_at", "state")
    assert list(found) == [(c.pk, wanted, State.SCHEDULED) for c in channels]


def test_approve_and_schedule_refuses_a_wanted_time_that_has_passed_meanwhile(client, unit, approver):
    post = factories.submitted(unit=unit, wanted_at=timezone.now() - timedelta(minutes=5))

    response = decide(client, post, "schedule")

    post.refresh_from_db()
    assert (response.status_code, post.state) == (409, PostState.IN_REVIEW)


def test_approve_and_publish_now_schedules_for_now(client, unit, approver):
    post = factories.submitted(unit=unit)

    decide(client, post, "now")

    delivery = Delivery.objects.get()
    assert delivery.due_at <= timezone.now()
    assert delivery.state == State.SCHEDULED


def test_an_author_who_leads_the_unit_is_told_why_and_refused(client, unit, approver):
    post = factories.submitted(unit=unit, author=approver)

    page = client.get(reverse("publishing:review", args=[post.public_id])).content.decode()

    assert "somebody else must approve it" in page
    assert 'name="decision"' not in page
    assert decide(client, post, "approve").status_code == 403
    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW


def test_the_last_editor_is_refused_like_the_author(client, unit, approver):
    post = factories.submitted(unit=unit, last_editor=approver)

    assert decide(client, post, "approve").status_code == 403
    assert not Review.objects.exists()


def test_a_return_needs_a_reason_and_says_so_beside_the_field(client, unit, approver):
    post = factories.submitted(unit=unit)

    response = decide(client, post, "return", reason="   ")

    post.refresh_from_db()
    assert (response.status_code, post.state) == (422, PostState.IN_REVIEW)
    assert list(response.context["form"].errors) == ["reason"]


def test_a_return_with_a_reason_sends_the_post_back(client, unit, approver):
    post = factories.submitted(unit=unit)

    decide(client, post, "return", reason="Bổ sung số điện thoại trực ban")

    post.refresh_from_db()
    assert post.state == PostState.CHANGES_REQUESTED
    assert Review.objects.get().reason == "Bổ sung số điện thoại trực ban"


@pytest.mark.parametrize("decision", ["approve", "return"])
def test_a_decision_on_a_revision_that_is_no_longer_current_is_refused_and_the_reason_kept(
    client, unit, approver, decision
):
    post = factories.submitted(unit=unit)
    read = post.current_revision
    post.title = "Tiêu đề mới"
    factories.submitted(post)

    response = decide(client, post, decision, revision=read, reason="Sai tên đường")

    post.refresh_from_db()
    assert (response.status_code, post.state) == (409, PostState.IN_REVIEW)
    assert "Sai tên đường" in response.content.decode()
    assert "Tiêu đề mới" in response.content.decode()


def test_a_post_that_was_decided_meanwhile_is_shown_as_it_stands(client, unit, approver):
    post = factories.submitted(unit=unit)
    posts.approve(post, post.current_revision, by=leader(unit))

    response = decide(client, post, "return", reason="Muộn")

    assert response["Location"] == reverse("publishing:post", args=[post.public_id])
    assert Review.objects.count() == 1


def test_a_leader_of_another_unit_does_not_find_the_post(client, approver):
    post = factories.submitted()

    assert client.get(reverse("publishing:review", args=[post.public_id])).status_code == 404
    assert decide(client, post, "approve").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_leaders_who_approve_at_once_one_wins_and_one_is_told():
    unit = factories.UnitFactory()
    post = factories.submitted(unit=unit)
    people = [leader(unit), leader(unit)]
    start, answers = threading.Barrier(2), []

    def work(user):
        client = Client()
        client.force_login(user)
        start.wait()
        answers.append(decide(client, post, "now"))
        connection.close()

    threads = [threading.Thread(target=work, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Review.objects.count() == 1
    assert Delivery.objects.count() == 1
    post.refresh_from_db()
    assert post.state == PostState.APPROVED


# --- Many at once -----------------------------------------------------------------------------------------------------


def approve_many(client, *revisions):
    data = {"revision": [str(r.public_id) for r in revisions]}
    return client.post(reverse("publishing:approve_many"), data, follow=True)


def test_a_bulk_approval_tells_which_posts_went_and_which_did_not_and_why(client, unit, approver):
    wanted = timezone.now() + timedelta(days=1)
    good = factories.submitted(unit=unit, title="Được")
    timed = factories.submitted(unit=unit, title="Có hẹn giờ", wanted_at=wanted)
    mine = factories.submitted(unit=unit, title="Của tôi", author=approver)
    changed = factories.submitted(unit=unit, title="Đã sửa")
    read = changed.current_revision
    changed.body = "<p>Nội dung khác hẳn.</p>"
    factories.submitted(changed)

    chosen = (good.current_revision, timed.current_revision, mine.current_revision, read)
    response = approve_many(client, *chosen)

    result = response.context["result"]
    assert [row["title"] for row in result["approved"]] == ["Được", "Có hẹn giờ"]
    assert [(row["title"], row["words"]) for row in result["refused"]] == [
        ("Của tôi", "Who drafted or last edited a post may not approve it."),
        ("Đã sửa", "The post was changed meanwhile. Reload the page and look again."),
    ]
    assert [d.post for d in Delivery.objects.all()] == [timed]


def test_the_result_of_a_bulk_approval_is_told_once(client, unit, approver):
    approve_many(client, factories.submitted(unit=unit).current_revision)

    assert client.get(reverse("publishing:review_queue")).context["result"] is None


def test_a_bulk_approval_passes_over_revisions_of_other_units(client, approver):
    foreign = factories.submitted()

    response = approve_many(client, foreign.current_revision)

    foreign.refresh_from_db()
    assert foreign.state == PostState.IN_REVIEW
    assert response.context["result"] is None


def test_a_bulk_approval_of_nonsense_changes_nothing(client, unit, approver):
    factories.submitted(unit=unit)

    response = client.post(reverse("publishing:approve_many"), {"revision": ["x", ""]}, follow=True)

    with translation.override("en"):
        assert [str(m) for m in response.context["messages"]] == ["No post is chosen."]
    assert not Review.objects.exists()
