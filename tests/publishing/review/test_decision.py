"""The decision on one post, and taking an approval back."""

import re
import threading
from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posts.models import Post, Review
from posts.review import decisions
from posts.states import PostState
from publishing.models import Delivery, Slot
from publishing.states import State
from tests import factories
from tests.pages import one_line
from tests.publishing.review.conftest import address, decide, leader

pytestmark = pytest.mark.django_db


def test_the_review_page_shows_the_revision_and_not_the_working_copy(client, unit, approver):
    post = factories.submitted(unit=unit, title="Bản trình duyệt")
    post.title = "Bản đang gõ dở"
    post.save()

    html = client.get(reverse("publishing:review", args=[post.public_id])).content.decode()

    assert "Bản trình duyệt" in html
    assert "Bản đang gõ dở" not in html


def test_the_review_page_shows_what_changed_since_the_last_approved_revision(
    client, unit, approver
):
    post = factories.approved(unit=unit, title="Gọi 113 khi nghi ngờ")
    post.state, post.approved_revision, post.title = PostState.DRAFT, None, "Gọi 114 khi nghi ngờ"
    post = factories.submitted(post)

    html = one_line(
        client.get(reverse("publishing:review", args=[post.public_id])).content.decode()
    )

    html = re.sub(r'<span class="visually-hidden">[^<]*</span ?>', "", html)
    assert "<del>113</del>" in html
    assert "<ins>114</ins>" in html


def test_a_decision_shows_its_result_on_the_same_address_and_the_way_to_the_next_post(
    client, unit, approver
):
    first, second = factories.submitted(unit=unit), factories.submitted(unit=unit)

    response = decide(client, first, "approve")

    first.refresh_from_db()
    assert (first.state, first.approved_revision) == (PostState.APPROVED, first.current_revision)
    assert response["Location"] == address(first)
    assert not Delivery.objects.exists()
    page = client.get(address(first))
    assert page.context["is_approved"]
    assert _first_action(page) == reverse("publishing:schedule", args=[first.public_id])
    assert (page.context["next_address"], page.context["waiting"]) == (address(second), 1)
    assert "data-approve" not in page.content.decode()


def _first_action(page) -> str:
    return re.search(r'class="btn btn-primary"\s+href="([^"]+)"', page.content.decode())[1]


def test_the_last_decisions_result_leads_to_the_queue_past_the_leaders_own_posts(
    client, unit, approver
):
    factories.submitted(unit=unit, author=approver)
    post = factories.submitted(unit=unit)
    decide(client, post, "approve")

    assert client.get(address(post)).context["next_address"] == ""


def mark_on(client, post):
    return client.get(address(post)).context["mark"]


def test_a_decision_from_a_page_that_has_only_just_appeared_is_refused_and_its_words_kept(
    client, unit, approver
):
    post = factories.submitted(unit=unit)

    with time_machine.travel(timezone.now(), tick=False):
        mark = mark_on(client, post)
        answers = [
            decide(client, post, act, mark=mark, reason="Sai tên đường")
            for act in ("now", "return")
        ]

    post.refresh_from_db()
    assert [answer.status_code for answer in answers] == [409, 409]
    assert post.state == PostState.IN_REVIEW
    assert all("only just appeared" in answer.content.decode() for answer in answers)
    assert all("Sai tên đường" in answer.content.decode() for answer in answers)


def test_two_taps_at_one_spot_approve_one_post_alone(client, unit, approver):
    first, second = factories.submitted(unit=unit), factories.submitted(unit=unit)

    decide(client, first, "approve")
    following = client.get(address(first)).context["next_address"]
    mark = client.get(following).context["mark"]
    decide(client, second, "approve", mark=mark)

    second.refresh_from_db()
    assert second.state == PostState.IN_REVIEW
    assert Review.objects.count() == 1


@pytest.mark.parametrize("stolen", ["another person's", "another post's", "made up", "missing"])
def test_a_decision_needs_the_mark_of_its_own_page_and_person(client, unit, approver, stolen):
    post, other = factories.submitted(unit=unit), factories.submitted(unit=unit)
    marks = {
        "another person's": factories.mark(post.current_revision, leader(unit)),
        "another post's": factories.mark(other.current_revision, approver),
        "made up": "x:y:z",
        "missing": "",
    }

    assert decide(client, post, "approve", mark=marks[stolen]).status_code == 409
    assert not Review.objects.exists()


def test_a_form_serves_for_one_decision_alone(client, unit, approver):
    post = factories.submitted(unit=unit)
    mark = factories.mark(post.current_revision, approver)
    decide(client, post, "approve", mark=mark)
    # As after a restore: the same revision waits once more.
    Post.objects.filter(pk=post.pk).update(state=PostState.IN_REVIEW, approved_revision=None)

    response = decide(client, post, "return", mark=mark, reason="Sai số")

    assert response.status_code == 409
    assert "You decided on this version already" in response.content.decode()


@pytest.mark.parametrize(
    ("choice", "at"),
    [("evening", time(19, 30)), ("morning", time(7))],
)
def test_a_reviewer_chooses_the_time_in_the_act_of_approving(client, unit, approver, choice, at):
    post = factories.submitted(unit=unit)
    offered = [choice["value"] for choice in client.get(address(post)).context["choices"]]
    chosen = next(value for value in offered if value.endswith(at.strftime("T%H:%M")))

    decide(client, post, chosen)

    due = timezone.localtime(Delivery.objects.get().due_at)
    assert (due.time(), due > timezone.now()) == (at, True)


def test_a_reviewer_chooses_another_time_and_keeps_what_was_typed_when_it_has_passed(
    client, unit, approver
):
    post = factories.submitted(unit=unit)
    later = timezone.localtime(timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)

    refused = decide(client, post, "other", at_0="02/01/2026", at_1="3h04")
    decide(client, post, "other", at_0=later.strftime("%d/%m/%Y"), at_1=later.strftime("%Hh%M"))

    assert refused.status_code == 422
    assert (list(refused.context["form"].errors), refused.context["chosen"]) == (["at"], "other")
    assert 'value="02/01/2026"' in refused.content.decode()
    assert 'value="3h04"' in refused.content.decode()
    assert Delivery.objects.get().due_at == later


def test_another_time_without_its_hour_is_refused_beside_the_field(client, unit, approver):
    post = factories.submitted(unit=unit)
    tomorrow = (timezone.localtime() + timedelta(days=1)).strftime("%d/%m/%Y")

    refused = decide(client, post, "other", at_0=tomorrow, at_1="")

    assert refused.status_code == 422
    assert refused.context["form"].errors == {"at": ["Please enter the day and the time of day."]}


def test_the_day_that_is_filled_in_beforehand_asks_for_nothing(client, unit, approver):
    post = factories.submitted(unit=unit)
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert f'value="{tomorrow:%d/%m/%Y}"' in client.get(address(post)).content.decode()

    decide(client, post, "approve", at_0=tomorrow.strftime("%d/%m/%Y"), at_1="")

    post.refresh_from_db()
    assert post.state == PostState.APPROVED


def test_a_time_beyond_a_posts_validity_is_not_offered_and_not_taken(client, unit, approver):
    post = factories.submitted(unit=unit, valid_until=timezone.now() + timedelta(minutes=5))
    far = timezone.localtime(timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")

    offered = [choice["value"] for choice in client.get(address(post)).context["choices"]]

    assert offered == ["approve", "now", "other"]
    assert decide(client, post, far).status_code == 422


def undo(client, post):
    return client.post(reverse("publishing:undo_approval", args=[post.public_id]))


def test_an_approval_is_taken_back_with_all_that_it_scheduled(client, unit, approver):
    post = factories.submitted(unit=unit)
    first = post.current_revision
    decide(client, post, "now")

    assert undo(client, post)["Location"] == address(post)

    post.refresh_from_db()
    assert (post.state, post.approved_revision) == (PostState.IN_REVIEW, None)
    assert Delivery.objects.get().state == State.CANCELLED
    assert [r.decision for r in first.reviews.order_by("pk")] == ["approved", "undone"]
    # The same words as a new version: they can be approved again, by anybody who may.
    assert post.current_revision.content_sha256 == first.content_sha256
    decide(client, post, "now")
    post.refresh_from_db()
    assert post.state == PostState.APPROVED
    assert Delivery.objects.filter(state=State.SCHEDULED).count() == 1


def test_nothing_is_due_before_an_approval_can_no_longer_be_taken_back(client, unit, approver):
    soon = timezone.now() + timedelta(seconds=3)
    requested, now = (
        factories.submitted(unit=unit, requested_time=soon),
        factories.submitted(unit=unit),
    )
    decide(client, requested, "schedule")
    decide(client, now, "now")

    decided = dict(Review.objects.values_list("revision__post", "decided_at"))
    waits = [row.fire_at - decided[row.post_id] for row in Delivery.objects.all()]
    assert len(waits) == 2
    assert all(wait > decisions.UNDO + timedelta(seconds=1) for wait in waits)


def test_an_approval_is_not_taken_back_after_its_seconds(client, unit, approver):
    post = factories.approved(
        unit=unit, by=approver, decided_at=timezone.now() - timedelta(seconds=11)
    )

    undo(client, post)

    post.refresh_from_db()
    assert post.state == PostState.APPROVED


def test_nobody_takes_back_what_another_approved(client, unit, approver):
    post = factories.approved(unit=unit)

    undo(client, post)

    post.refresh_from_db()
    assert post.state == PostState.APPROVED


def test_an_approval_is_not_taken_back_when_its_publication_has_begun(client, unit, approver):
    post = factories.approved(unit=unit, by=approver)
    factories.delivery(
        post, state=State.COMMITTING, committing_at=timezone.now(), lease_until=timezone.now()
    )

    undo(client, post)

    post.refresh_from_db()
    assert post.state == PostState.APPROVED
    assert not Review.objects.filter(decision="undone").exists()


def test_approve_and_schedule_keeps_the_wanted_time_on_every_channel(client, unit, approver):
    requested = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    channels = [
        factories.ChannelFactory(unit=unit),
        factories.ChannelFactory(unit=unit, platform="zalo"),
    ]
    post = factories.submitted(
        unit=unit, requested_time=requested, channels=channels, media=[factories.media(unit)]
    )

    decide(client, post, "schedule")

    found = Delivery.objects.order_by("channel").values_list("channel", "due_at", "state")
    assert list(found) == [(c.pk, requested, State.SCHEDULED) for c in channels]


def test_approve_and_schedule_refuses_a_wanted_time_that_has_passed_meanwhile(
    client, unit, approver
):
    post = factories.submitted(unit=unit, requested_time=timezone.now() - timedelta(minutes=5))

    response = decide(client, post, "schedule")

    post.refresh_from_db()
    assert (response.status_code, post.state) == (409, PostState.IN_REVIEW)


def test_approve_and_publish_now_schedules_for_now(client, unit, approver):
    post = factories.submitted(unit=unit)

    decide(client, post, "now")

    delivery = Delivery.objects.get()
    assert delivery.due_at <= timezone.now() + timedelta(seconds=15)
    assert delivery.state == State.SCHEDULED


def test_an_author_who_leads_the_unit_is_informed_why_and_refused(client, unit, approver):
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
    decisions.approve(post, post.current_revision, by=leader(unit), proof=factories.proof())

    response = decide(client, post, "return", reason="Muộn")

    assert response["Location"] == reverse("publishing:post", args=[post.public_id])
    assert Review.objects.count() == 1


def test_a_leader_of_another_unit_does_not_find_the_post(client, approver):
    post = factories.submitted()

    assert client.get(reverse("publishing:review", args=[post.public_id])).status_code == 404
    assert decide(client, post, "approve").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_leaders_who_approve_at_once_one_wins_and_one_is_informed():
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


def test_the_free_slots_of_the_unit_are_among_the_times(client, unit, approver):
    post = factories.submitted(unit=unit)
    channel = post.targets.get().channel
    day = timezone.localtime() + timedelta(days=2)
    Slot.objects.create(
        unit=unit,
        channel=channel,
        weekday=day.weekday(),
        at=day.time().replace(second=0, microsecond=0),
    )

    offered = {
        choice["value"]: choice["label"] for choice in client.get(address(post)).context["choices"]
    }

    assert offered[day.strftime("%Y-%m-%dT%H:%M")].startswith("Free slot: ")


def test_the_review_says_which_warnings_the_author_submitted_over(client, unit, approver):
    soon = timezone.localdate() + timedelta(days=9)
    post = factories.PostFactory(unit=unit, legal_basis="Nghị định 282", legal_until=soon)
    decisions.submit(post, by=post.author)
    page = one_line(client.get(address(post)).content.decode())
    assert page.count("(the author saw it and submitted)") == 1

    tomorrow = timezone.localdate() + timedelta(days=1)
    changed = factories.submitted(
        factories.PostFactory(unit=unit, legal_basis="Nghị định 282", legal_from=tomorrow)
    )
    assert "(new since the submission)" not in one_line(
        client.get(address(changed)).content.decode()
    )


@pytest.mark.clock("2030-12-02 12:00")
def test_beside_a_taken_time_free_ones_are_offered_and_one_is_approved(client, unit, approver):
    channel = factories.ChannelFactory(unit=unit)
    wanted = timezone.make_aware(datetime(2030, 12, 3, 7, 0))
    taken = factories.approved(unit=unit, channels=[channel])
    factories.delivery(taken, channel, due_at=wanted)
    post = factories.submitted(unit=unit, channels=[channel], requested_time=wanted)

    page = client.get(address(post))

    values = [chip.value for chip in page.context["chips"]]
    assert values == ["2030-12-03T07:15", "2030-12-03T07:30"]
    html = page.content.decode()
    assert all(f'data-choose="{value}"' in html for value in [*values, "schedule"])
    decide(client, post, values[0])
    assert post.deliveries.get().due_at == wanted + timedelta(minutes=15)


@pytest.mark.clock("2030-12-02 12:00")
def test_beside_a_free_time_nothing_is_offered(client, unit, approver):
    wanted = timezone.make_aware(datetime(2030, 12, 3, 7, 0))
    post = factories.submitted(unit=unit, requested_time=wanted)

    page = client.get(address(post))

    assert page.context["chips"] == []
    assert "data-choose" not in page.content.decode()
