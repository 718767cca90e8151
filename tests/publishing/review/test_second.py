"""The pages of the second approval: the province's own queue, and what each of both sees of a post
that waits for it.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from core.errors import NotAllowed
from posts.models import Post, Review
from posts.review import decisions
from posts.review.queries import approved_channels
from posts.states import PostState
from tests import factories
from tests.pages import one_line
from tests.publishing.review.conftest import address, decide, leader, signed_in, titles

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(unit):
    factories.topic_rule(unit.parent)
    post = factories.submitted(unit=unit, title="Nơi bỏ phiếu")
    decisions.approve(post, post.current_revision, by=leader(unit), proof=factories.proof())
    return post


@pytest.fixture
def overseer(unit, client):
    user = factories.person(Role.OVERSEER, unit.parent, language="en")
    client.force_login(user)
    return user


def test_the_provinces_queue_shows_what_waits_for_it_and_the_units_does_not(
    client, unit, waiting, overseer
):
    other = factories.submitted(unit=unit, title="Chờ đơn vị")
    elsewhere = factories.UnitFactory()
    factories.topic_rule(elsewhere.parent)
    foreign = factories.submitted(unit=elsewhere, title="Tỉnh khác")
    decisions.approve(
        foreign, foreign.current_revision, by=leader(elsewhere), proof=factories.proof()
    )

    assert titles(client.get(reverse("publishing:second_queue"))) == ["Nơi bỏ phiếu"]
    client.force_login(leader(unit))
    assert titles(client.get(reverse("publishing:review_queue"))) == [other.title]


def test_an_overseer_approves_second_on_the_review_page(client, unit, waiting, overseer):
    html = one_line(client.get(address(waiting)).text)
    assert "approved this version for the unit" in html

    response = decide(client, waiting, "approve")

    waiting.refresh_from_db()
    assert waiting.state == PostState.APPROVED
    shown = client.get(response["Location"])
    assert "Approved" in shown.text
    assert reverse("publishing:undo_approval", args=[waiting.public_id]) in shown.text


def test_a_second_approval_taken_back_waits_for_the_province_again(client, waiting, overseer):
    given, asked_until = waiting.current_revision, waiting.second_due_at
    decide(client, waiting, "approve")

    client.post(reverse("publishing:undo_approval", args=[waiting.public_id]))

    waiting.refresh_from_db()
    assert waiting.state == PostState.IN_REVIEW
    assert waiting.endorsed_revision == waiting.current_revision != given
    assert waiting.second_due_at == asked_until
    assert titles(client.get(reverse("publishing:second_queue"))) == ["Nơi bỏ phiếu"]
    assert approved_channels([given.public_id]) == {}
    client.get(address(waiting))
    decide(client, waiting, "approve")
    waiting.refresh_from_db()
    assert waiting.state == PostState.APPROVED
    assert waiting.approved_revision.public_id in approved_channels(
        [waiting.approved_revision.public_id]
    )


def test_who_gave_the_first_approval_still_does_not_give_the_second_after_it_was_taken_back(
    client, unit, waiting, overseer
):
    first = decisions.first_approval(waiting).by
    decide(client, waiting, "approve")
    client.post(reverse("publishing:undo_approval", args=[waiting.public_id]))
    first.appointments.create(unit=unit.parent, role=Role.OVERSEER, valid_from=timezone.localdate())
    waiting.refresh_from_db()

    with pytest.raises(NotAllowed, match="first approval"):
        decisions.approve(
            waiting,
            waiting.current_revision,
            by=User.objects.get(pk=first.pk),
            proof=factories.proof(),
        )


@pytest.mark.parametrize("who", ["the unit's chief", "another overseer", "too late"])
def test_nobody_else_takes_a_second_approval_back(
    client, unit, waiting, overseer, who, monkeypatch
):
    decide(client, waiting, "approve")
    if who == "the unit's chief":
        client.force_login(Review.objects.get(decision="first").by)
    elif who == "another overseer":
        client.force_login(factories.person(Role.OVERSEER, unit.parent))
    else:
        monkeypatch.setattr(decisions, "UNDO", timedelta())

    client.post(reverse("publishing:undo_approval", args=[waiting.public_id]))

    waiting.refresh_from_db()
    assert waiting.state == PostState.APPROVED


def approve_many(client, *revisions, opened=True):
    mark = factories.queue_mark(signed_in(client), *(revisions if opened else ()))
    data = {"revision": [str(revision.public_id) for revision in revisions], "mark": mark}
    return client.post(reverse("publishing:approve_second_many"), data, follow=True)


def test_several_are_approved_a_second_time_at_once(client, unit, waiting, overseer):
    other = factories.submitted(unit=unit, title="Bài hai")
    decisions.approve(other, other.current_revision, by=leader(unit), proof=factories.proof())

    response = approve_many(client, waiting.current_revision, other.current_revision)

    assert [row["title"] for row in response.context["result"]["approved"]] == [
        "Nơi bỏ phiếu",
        "Bài hai",
    ]
    assert set(Post.objects.values_list("state", flat=True)) == {PostState.APPROVED}


def test_what_was_not_opened_is_not_approved_with_others(client, waiting, overseer):
    html = client.get(reverse("publishing:second_queue")).text
    assert 'name="revision"' not in html

    response = approve_many(client, waiting.current_revision, opened=False)

    assert [row["title"] for row in response.context["result"]["refused"]] == ["Nơi bỏ phiếu"]
    waiting.refresh_from_db()
    assert waiting.state == PostState.IN_REVIEW


def test_an_overseer_approves_nothing_at_once_that_the_unit_has_not(client, unit, overseer):
    factories.topic_rule(unit.parent)
    post = factories.submitted(unit=unit)

    approve_many(client, post.current_revision)

    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW


def test_today_shows_the_province_what_waits_and_the_nearest_deadline_first(
    client, unit, waiting, overseer
):
    sooner = factories.submitted(
        unit=unit, title="Gấp hơn", requested_time=timezone.now() + timedelta(hours=5)
    )
    decisions.approve(sooner, sooner.current_revision, by=leader(unit), proof=factories.proof())

    card = client.get(reverse("oversight:today")).context["second"]

    assert ([post.title for post in card.rows], card.count) == (["Gấp hơn", "Nơi bỏ phiếu"], 2)
    client.force_login(leader(unit))
    assert "second" not in client.get(reverse("oversight:today")).context


def test_an_overseer_returns_it(client, waiting, overseer):
    decide(client, waiting, "return", reason="Thiếu căn cứ pháp lý")

    waiting.refresh_from_db()
    assert waiting.state == PostState.CHANGES_REQUESTED


def test_an_overseer_does_not_open_the_review_of_what_the_unit_has_not_approved(
    client, unit, overseer
):
    factories.topic_rule(unit.parent)
    post = factories.submitted(unit=unit)

    assert client.get(address(post)).status_code == 403


def test_the_units_approver_is_told_of_the_second_step_before_and_after(client, unit, approver):
    factories.topic_rule(unit.parent)
    post = factories.submitted(unit=unit)
    assert "This topic asks for a second approval" in one_line(client.get(address(post)).text)

    response = decide(client, post, "approve")

    post.refresh_from_db()
    assert (post.state, post.endorsed_revision) == (PostState.IN_REVIEW, post.current_revision)
    shown = one_line(client.get(response["Location"]).text)
    assert "the province has until" in shown
    page = one_line(client.get(reverse("publishing:post", args=[post.public_id])).text)
    assert "Awaiting the second approval" in page
    assert "Approved by the unit" in page


def undo(client, post):
    return client.post(reverse("publishing:undo_approval", args=[post.public_id]))


def test_the_first_approval_is_taken_back_and_the_request_to_the_province_with_it(
    client, unit, approver
):
    factories.topic_rule(unit.parent)
    overseer = factories.person(Role.OVERSEER, unit.parent, language="en")
    wanted = (timezone.now() + timedelta(days=5)).replace(microsecond=0)
    post = factories.submitted(unit=unit, title="Nơi bỏ phiếu", requested_time=wanted)
    revision = post.current_revision
    tomorrow = timezone.localtime() + timedelta(days=1)
    shown = client.get(decide(client, post, f"{tomorrow:%Y-%m-%dT%H:%M}")["Location"])
    assert reverse("publishing:undo_approval", args=[post.public_id]) in shown.text

    assert undo(client, post)["Location"] == address(post)

    post.refresh_from_db()
    assert (post.state, post.endorsed_revision) == (PostState.IN_REVIEW, None)
    assert post.requested_time == wanted
    assert [review.decision for review in revision.reviews.order_by("pk")] == ["first", "undone"]
    assert post.current_revision.content_sha256 == revision.content_sha256
    told = overseer.notices.order_by("pk").values_list("kind", flat=True)
    assert list(told) == ["post_second_asked", "post_second_called_off"]
    client.force_login(overseer)
    assert titles(client.get(reverse("publishing:second_queue"))) == []
    client.force_login(approver)
    assert titles(client.get(reverse("publishing:review_queue"))) == ["Nơi bỏ phiếu"]


def test_what_was_taken_back_is_no_first_approval_any_more(client, unit, approver):
    """The rule ends before the unit approves again: that approval is the unit's alone."""
    rule = factories.topic_rule(unit.parent)
    post = factories.submitted(unit=unit)
    decide(client, post, "approve")
    undo(client, post)
    rule.delete()
    post.refresh_from_db()
    client.get(address(post))
    decide(client, post, "approve")
    post.refresh_from_db()
    assert post.state == PostState.APPROVED

    undo(client, post)

    post.refresh_from_db()
    assert (post.state, post.endorsed_revision) == (PostState.IN_REVIEW, None)


def test_the_first_approval_is_given_anew_and_the_second_follows_that(client, unit, approver):
    factories.topic_rule(unit.parent)
    post = factories.submitted(unit=unit)
    decide(client, post, "approve")
    undo(client, post)
    other = leader(unit)
    client.force_login(other)
    post.refresh_from_db()
    client.get(address(post))

    decide(client, post, "approve")

    post.refresh_from_db()
    assert post.endorsed_revision == post.current_revision
    assert decisions.first_approval(post).by == other


@pytest.mark.parametrize("who", ["another leader", "the province", "too late", "decided"])
def test_the_first_approval_is_not_taken_back_by_others_nor_late(
    client, unit, approver, monkeypatch, who
):
    factories.topic_rule(unit.parent)
    post = factories.submitted(unit=unit)
    decide(client, post, "approve")
    if who == "another leader":
        client.force_login(leader(unit))
    elif who == "too late":
        monkeypatch.setattr(decisions, "UNDO", timedelta())
    else:
        overseer = factories.person(Role.OVERSEER, unit.parent)
        client.force_login(overseer)
    if who == "decided":
        client.get(address(post))
        decide(client, post, "approve")
        client.force_login(approver)
        assert "take back" not in client.get(address(post), follow=True).text.lower()

    undo(client, post)

    post.refresh_from_db()
    assert not Review.objects.filter(decision="undone").exists()
    expected = PostState.APPROVED if who == "decided" else PostState.IN_REVIEW
    assert post.state == expected


def test_another_leader_of_the_unit_finds_the_posts_page_instead(client, unit, waiting):
    client.force_login(leader(unit))

    answer = client.get(address(waiting))

    assert answer["Location"] == reverse("publishing:post", args=[waiting.public_id])


def test_many_at_once_approves_nothing_that_waits_for_the_province(client, unit, waiting):
    colleague = leader(unit)
    client.force_login(colleague)
    mark = factories.queue_mark(colleague, waiting.current_revision)

    client.post(
        reverse("publishing:approve_many"),
        {"mark": mark, "revision": waiting.current_revision.public_id},
    )

    waiting.refresh_from_db()
    assert waiting.state == PostState.IN_REVIEW


def test_the_second_queue_costs_no_query_a_row(client, unit, overseer):

    factories.topic_rule(unit.parent)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            post = factories.submitted(unit=unit)
            decisions.approve(post, post.current_revision, by=leader(unit), proof=factories.proof())
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("publishing:second_queue"))
        counts.append(len(queries))

    assert counts[0] == counts[1]
