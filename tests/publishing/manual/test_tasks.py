"""Manual tasks: how a delivery becomes one, and what ends it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from engagement.counting.schedule import schedule_new_posts
from posts.review import decisions
from publishing.engine import worker as engine
from publishing.manual import manual_posting
from publishing.models import Delivery
from publishing.recalls import recalling
from publishing.reconciliation import expiry
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later
from tests.publishing.manual.conftest import LINK, close, state

pytestmark = pytest.mark.django_db


def test_what_is_due_becomes_a_task_with_a_deadline(scheduled):
    row = scheduled()

    assert manual_posting.create_manual_tasks() == 1

    row.refresh_from_db()
    assert (row.state, row.manual_deadline) == (State.MANUAL, row.not_after)
    assert manual_posting.create_manual_tasks() == 0


def test_the_deadline_is_never_later_than_the_posts_validity(scheduled):
    until = timezone.now() + timedelta(minutes=20)
    row = scheduled()
    type(row.post).objects.filter(pk=row.post_id).update(valid_until=until)

    manual_posting.create_manual_tasks()

    row.refresh_from_db()
    assert row.manual_deadline == until


@pytest.mark.django_db(transaction=True)
def test_those_who_can_do_it_are_informed_with_the_way_to_the_task(scheduled, officer, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    row = scheduled()

    manual_posting.create_manual_tasks()

    address = reverse("publishing:manual_task", args=[row.public_id])
    notice = Notice.objects.get(user=officer)
    assert (notice.kind, notice.address) == ("delivery_by_hand", address)


def test_nothing_becomes_a_task_before_its_time_nor_on_a_connected_page(unit, scheduled):
    scheduled(due_at=timezone.now() + timedelta(minutes=1))
    factories.delivery(factories.approved(unit=unit))

    assert manual_posting.create_manual_tasks() == 0


def test_a_pause_holds_it_back(unit, scheduled):
    row = scheduled()
    factories.pause(unit)

    manual_posting.create_manual_tasks()

    assert state(row) == State.SCHEDULED


def test_what_is_no_longer_approved_becomes_no_task(scheduled):
    row = scheduled()
    type(row.post).objects.filter(pk=row.post_id).update(approved_revision=None)

    manual_posting.create_manual_tasks()

    assert state(row) == State.SCHEDULED


def test_the_engine_leaves_manual_pages_alone(scheduled, simulator):
    row = scheduled()

    assert engine.publish_due(platform="facebook") == 0

    assert state(row) == State.SCHEDULED


def test_a_post_for_both_kinds_of_pages_goes_both_ways(simulator, unit, official):
    connected = factories.connected(simulator, "facebook", unit)
    post = factories.approved(unit=unit, channels=[connected, official])
    rows = [factories.delivery(post, channel) for channel in (connected, official)]

    engine.publish_due(platform="facebook")
    manual_posting.create_manual_tasks()

    assert [state(row) for row in rows] == [State.PUBLISHED, State.MANUAL]


def test_the_deadline_of_a_manual_page_is_its_own(unit, official, officer, settings):
    settings.PUBLISHING = {**settings.PUBLISHING, "manual_seconds": 3600, "not_after_seconds": 60}
    post = factories.approved(unit=unit, channels=[official])

    (row,) = scheduling.schedule(post, by=officer)

    assert row.not_after - row.due_at == timedelta(hours=1)


def test_a_link_closes_the_task(task, officer):
    before = timezone.now()

    close(task, officer)

    assert (state(task), task.permalink, task.receipt_source) == (State.PUBLISHED, LINK, "posted")
    assert before <= task.published_at <= timezone.now()
    assert Entry.objects.get(action="delivery.published").actor_name == str(officer)


def test_the_time_of_posting_may_lie_between_its_hour_and_now(scheduled, officer):
    row = scheduled(due_at=timezone.now() - timedelta(minutes=30))
    manual_posting.create_manual_tasks()
    row.refresh_from_db()

    with pytest.raises(Refused, match="was not due before"):
        close(row, officer, published_at=row.due_at - timedelta(minutes=2))
    with pytest.raises(Refused, match="cannot be later than now"):
        close(row, officer, published_at=timezone.now() + timedelta(minutes=5))
    posted = timezone.now() - timedelta(minutes=10)
    close(row, officer, published_at=posted)

    row.refresh_from_db()
    assert row.published_at == posted


@pytest.mark.parametrize(
    "link",
    [
        "https://facebook.com.evil.example/conganphuong/posts/1",
        "https://www.facebook.com/conganphuong",
        "https://www.facebook.com/trangkhac/posts/1",
    ],
)
def test_a_link_that_proves_nothing_is_refused(task, officer, link):
    with pytest.raises(Refused):
        close(task, officer, link)

    assert state(task) == State.MANUAL


def test_one_link_proves_one_post(scheduled, officer):
    first, second = scheduled(), scheduled()
    manual_posting.create_manual_tasks()
    for row in (first, second):
        row.refresh_from_db()
    close(first, officer)

    with pytest.raises(Refused, match="belongs to another post already"):
        close(second, officer)


def test_a_task_that_is_not_due_cannot_be_closed(scheduled, officer):
    row = scheduled(due_at=timezone.now() + timedelta(hours=1))

    with pytest.raises(Refused):
        close(row, officer)


def test_only_who_may_schedule_closes_it(task, unit):
    with pytest.raises(NotAllowed):
        close(task, factories.person(Role.OVERSEER, unit.parent))


def test_a_pause_stops_an_open_task_and_gives_it_back_when_it_is_over(task, unit, officer):
    pause = factories.pause(unit)
    with pytest.raises(Refused, match="paused"):
        close(task, officer)

    pause.ended_at = timezone.now()
    pause.save()
    close(task, officer)

    assert state(task) == State.PUBLISHED


def test_a_text_that_is_no_longer_what_was_approved_is_neither_shown_nor_closed(
    task, officer, client
):
    client.force_login(officer)
    Delivery.objects.filter(pk=task.pk).update(content_sha256="0" * 64)
    task.refresh_from_db()

    html = client.get(reverse("publishing:manual_task", args=[task.public_id])).content.decode()

    assert "Do not post" in html
    assert "Công an không yêu cầu chuyển tiền" not in html
    with pytest.raises(Refused, match="no longer what was approved"):
        close(task, officer)


def test_of_two_who_enter_a_link_the_first_stands(task, officer, approver):
    other = Delivery.objects.select_related("unit").get(pk=task.pk)
    close(task, officer)

    with pytest.raises(Refused, match="decided this meanwhile"):
        close(other, approver, "https://www.facebook.com/conganphuong/posts/2")

    assert (state(task), task.permalink) == (State.PUBLISHED, LINK)


def test_an_approval_that_ends_takes_the_task_with_it(task, officer):
    decisions.reopen(task.post, by=officer)

    assert state(task) == State.CANCELLED
    with pytest.raises(Refused):
        close(task, officer)


def test_a_task_can_be_cancelled(task, officer):
    scheduling.cancel(task, by=officer, reason="Đổi kế hoạch")

    assert state(task) == State.CANCELLED


def test_a_recall_ends_an_open_task(task, approver):
    recalling.recall(task, by=approver, reason="Sai số liệu")

    assert state(task) not in (State.MANUAL, State.PUBLISHED)
    with pytest.raises(Refused):
        close(task, approver)


def test_past_its_deadline_it_is_put_before_people(task, officer):
    expiry.expire(clock=later(hours=3))

    assert state(task) == State.EXPIRED
    with pytest.raises(Refused):
        close(task, officer)


def test_a_draft_that_the_engine_left_does_not_keep_the_task_from_being_cancelled(
    scheduled, officer
):
    row = scheduled(draft_ref="104_1", attempt=1)
    manual_posting.create_manual_tasks()
    row.refresh_from_db()

    scheduling.cancel(row, by=officer)

    assert state(row) == State.CANCELLED


def test_what_was_posted_manually_is_not_asked_for_on_the_platform(task, officer):
    close(task, officer)

    schedule_new_posts(now=timezone.now())

    task.refresh_from_db()
    assert task.measurement.next_at is None


def test_on_time_manually_is_before_the_deadline(unit, task, officer):
    from core.periods import Period
    from oversight.queries import make_row

    factories.plan_anew(task, due_at=timezone.now() - timedelta(minutes=30))
    period, now = Period.last_days(2), timezone.now()
    open_row = make_row(unit, period, now=now)
    task.refresh_from_db()
    close(task, officer)

    assert (open_row.due, open_row.on_time) == (0, 0)
    closed_row = make_row(unit, period, now=now)
    assert (closed_row.due, closed_row.on_time) == (1, 1)
