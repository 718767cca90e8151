"""Work by hand: what is due becomes a task, a link closes it, and nothing goes round approval, pause or recall."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.states import Health
from core.errors import NotAllowed, Refused
from engagement.services import enrol
from posts import services as posts
from posts.models import Revision
from publishing import by_hand, engine, recalls, services, settling
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db
LINK = "https://www.facebook.com/conganphuong/posts/1"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


@pytest.fixture
def approver(unit):
    return factories.person(Role.APPROVER, unit, language="en")


@pytest.fixture
def official(unit):
    address = "https://www.facebook.com/conganphuong"
    return factories.ChannelFactory(unit=unit, health=Health.BY_HAND, handle="conganphuong", address=address)


@pytest.fixture
def scheduled(unit, official):
    def make(**fields):
        return factories.delivery(factories.approved(unit=unit, channels=[official]), official, **fields)

    return make


@pytest.fixture
def task(scheduled):
    row = scheduled()
    by_hand.hand_over()
    row.refresh_from_db()
    return row


def close(row, by, link=LINK, **fields):
    by_hand.close(row, by=by, permalink=link, **fields)


def state(row):
    row.refresh_from_db()
    return row.state


# --- becoming a task --------------------------------------------------------------------------------------------------


def test_what_is_due_becomes_a_task_with_a_deadline(scheduled):
    row = scheduled()

    assert by_hand.hand_over() == 1

    row.refresh_from_db()
    assert (row.state, row.hand_until) == (State.BY_HAND, row.not_after)
    assert by_hand.hand_over() == 0


def test_the_deadline_is_never_later_than_the_posts_validity(scheduled):
    until = timezone.now() + timedelta(minutes=20)
    row = scheduled()
    type(row.post).objects.filter(pk=row.post_id).update(valid_until=until)

    by_hand.hand_over()

    row.refresh_from_db()
    assert row.hand_until == until


@pytest.mark.django_db(transaction=True)
def test_those_who_can_do_it_are_told_with_the_way_to_the_task(scheduled, officer, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    row = scheduled()

    by_hand.hand_over()

    address = reverse("publishing:by_hand_task", args=[row.public_id])
    notice = Notice.objects.get(user=officer)
    assert (notice.kind, notice.address) == ("delivery_by_hand", address)


def test_nothing_becomes_a_task_before_its_time_nor_on_a_connected_page(unit, scheduled):
    scheduled(due_at=timezone.now() + timedelta(minutes=1))
    factories.delivery(factories.approved(unit=unit))

    assert by_hand.hand_over() == 0


def test_a_pause_holds_it_back(unit, scheduled):
    row = scheduled()
    factories.pause(unit)

    by_hand.hand_over()

    assert state(row) == State.SCHEDULED


def test_what_is_no_longer_approved_becomes_no_task(scheduled):
    row = scheduled()
    type(row.post).objects.filter(pk=row.post_id).update(approved_revision=None)

    by_hand.hand_over()

    assert state(row) == State.SCHEDULED


def test_the_engine_leaves_pages_by_hand_alone(scheduled, simulator):
    row = scheduled()

    assert engine.publish_due(platform="facebook") == 0

    assert state(row) == State.SCHEDULED


def test_a_post_for_both_kinds_of_pages_goes_both_ways(simulator, unit, official):
    connected = factories.connected(simulator, "facebook", unit)
    post = factories.approved(unit=unit, channels=[connected, official])
    rows = [factories.delivery(post, channel) for channel in (connected, official)]

    engine.publish_due(platform="facebook")
    by_hand.hand_over()

    assert [state(row) for row in rows] == [State.PUBLISHED, State.BY_HAND]


def test_the_deadline_of_a_page_by_hand_is_its_own(unit, official, officer, settings):
    settings.PUBLISHING = {**settings.PUBLISHING, "by_hand_seconds": 3600, "not_after_seconds": 60}
    post = factories.approved(unit=unit, channels=[official])

    (row,) = services.schedule(post, by=officer)

    assert row.not_after - row.due_at == timedelta(hours=1)


# --- closing it -------------------------------------------------------------------------------------------------------


def test_a_link_closes_the_task(task, officer):
    before = timezone.now()

    close(task, officer)

    assert (state(task), task.permalink, task.remote_id) == (State.PUBLISHED, LINK, f"hand:{task.public_id}")
    assert before <= task.published_at <= timezone.now()
    assert Entry.objects.get(action="delivery.published").actor_name == str(officer)


def test_the_time_of_posting_may_lie_between_its_hour_and_now(scheduled, officer):
    row = scheduled(due_at=timezone.now() - timedelta(minutes=30))
    by_hand.hand_over()
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

    assert state(task) == State.BY_HAND


def test_one_link_proves_one_post(scheduled, officer):
    first, second = scheduled(), scheduled()
    by_hand.hand_over()
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


def test_a_text_that_is_no_longer_what_was_approved_is_neither_shown_nor_closed(task, officer, client):
    client.force_login(officer)
    Delivery.objects.filter(pk=task.pk).update(content_sha256="0" * 64)
    task.refresh_from_db()

    html = client.get(reverse("publishing:by_hand_task", args=[task.public_id])).content.decode()

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


# --- what ends it otherwise -------------------------------------------------------------------------------------------


def test_an_approval_that_ends_takes_the_task_with_it(task, officer):
    posts.reopen(task.post, by=officer)

    assert state(task) == State.CANCELLED
    with pytest.raises(Refused):
        close(task, officer)


def test_a_task_can_be_cancelled(task, officer):
    services.cancel(task, by=officer, reason="Đổi kế hoạch")

    assert state(task) == State.CANCELLED


def test_a_recall_ends_an_open_task(task, approver):
    recalls.recall(task, by=approver, reason="Sai số liệu")

    assert state(task) not in (State.BY_HAND, State.PUBLISHED)
    with pytest.raises(Refused):
        close(task, approver)


def test_past_its_deadline_it_is_put_before_people(task, officer):
    settling.expire(clock=later(hours=3))

    assert state(task) == State.EXPIRED
    with pytest.raises(Refused):
        close(task, officer)


def test_a_draft_that_the_engine_left_does_not_keep_the_task_from_being_cancelled(scheduled, officer):
    row = scheduled(draft_ref="104_1", attempt=1)
    by_hand.hand_over()
    row.refresh_from_db()

    services.cancel(row, by=officer)

    assert state(row) == State.CANCELLED


def test_what_was_posted_by_hand_is_not_asked_for_on_the_platform(task, officer):
    close(task, officer)

    enrol(now=timezone.now())

    task.refresh_from_db()
    assert task.measurement.next_at is None


def test_on_time_by_hand_is_before_the_deadline(unit, task, officer):
    from engagement.periods import Period
    from oversight.queries import one_row

    Delivery.objects.filter(pk=task.pk).update(due_at=timezone.now() - timedelta(minutes=30))
    period, now = Period.last_days(2), timezone.now()
    open_row = one_row(unit, period, now=now)
    task.refresh_from_db()
    close(task, officer)

    assert (open_row.due, open_row.on_time) == (0, 0)
    closed_row = one_row(unit, period, now=now)
    assert (closed_row.due, closed_row.on_time) == (1, 1)


# --- the pages --------------------------------------------------------------------------------------------------------


def test_the_screen_has_the_exact_text_the_pictures_and_the_page(client, unit, official, officer):
    picture = factories.media(unit)
    post = factories.approved(unit=unit, channels=[official], media=[picture])
    row = factories.delivery(post, official)
    by_hand.hand_over()
    client.force_login(officer)

    response = client.get(reverse("publishing:by_hand_task", args=[row.public_id]))

    target = post.approved_revision.content["channels"][0]
    html = response.content.decode()
    assert response.context["message"].text == target["text"]
    assert f'<textarea class="form-control" id="hand-text" rows="10" readonly>{target["text"]}</textarea>' in html
    assert reverse("posts:media", args=[picture.public_id]) in html
    assert official.address in html


def test_a_video_is_taken_along_and_shown_as_it_shall_look(client, unit, officer):
    tiktok = factories.ChannelFactory(unit=unit, platform="tiktok", health="by_hand")
    film = factories.video(unit, seconds=75)
    draft = factories.PostFactory(unit=unit, channels=[tiktok], media=[film, factories.media(unit)])
    draft.targets.update(options={"privacy": "PUBLIC_TO_EVERYONE"})
    row = factories.delivery(factories.approved(draft), tiktok)
    by_hand.hand_over()
    client.force_login(officer)

    html = client.get(reverse("publishing:by_hand_task", args=[row.public_id])).content.decode()

    # The format shows the film alone; the app gets no blob of a film at once.
    assert html.count("Download video 1") == 1
    assert "Download picture" not in html
    assert "data-share-pictures" not in html
    assert f'<source src="{reverse("posts:media", args=[film.public_id])}" type="video/mp4">' in html
    assert "<dt>Who can see the post</dt><dd>Everyone</dd>" in html


def test_posted_closes_it_and_leads_to_the_posts_page(client, task, officer):
    client.force_login(officer)

    response = client.post(reverse("publishing:by_hand_task", args=[task.public_id]), {"permalink": LINK})

    assert response["Location"].startswith(reverse("publishing:post", args=[task.post.public_id]))
    assert state(task) == State.PUBLISHED


def test_a_wrong_link_keeps_what_was_typed_and_says_so_beside_the_field(client, task, officer):
    client.force_login(officer)
    wrong = "https://www.facebook.com/trangkhac/posts/1"

    response = client.post(reverse("publishing:by_hand_task", args=[task.public_id]), {"permalink": wrong})

    assert (response.status_code, list(response.context["form"].errors)) == (409, ["permalink"])
    assert wrong in response.content.decode()


def test_a_task_that_is_settled_meanwhile_leads_on(client, task, officer):
    client.force_login(officer)
    services.cancel(task, by=officer)
    address = reverse("publishing:by_hand_task", args=[task.public_id])

    assert client.get(address).status_code == 302
    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_before_its_hour_the_task_shows_the_text_but_takes_no_link(client, scheduled, officer):
    row = scheduled(due_at=timezone.now() + timedelta(hours=2))
    client.force_login(officer)
    address = reverse("publishing:by_hand_task", args=[row.public_id])

    html = client.get(address).content.decode()
    client.post(address, {"permalink": LINK})

    assert ("Not due yet" in html, 'name="permalink"' in html) == (True, False)
    assert state(row) == State.SCHEDULED


def test_before_its_hour_a_changed_text_is_not_shown_either(client, scheduled, officer):
    row = scheduled(due_at=timezone.now() + timedelta(hours=2), content_sha256="0" * 64)
    client.force_login(officer)

    html = client.get(reverse("publishing:by_hand_task", args=[row.public_id])).content.decode()

    assert ("Do not post" in html, "Công an không yêu cầu chuyển tiền" in html) == (True, False)


def test_the_list_has_what_is_due_first_and_costs_the_same_for_many(client, unit, official, officer, scheduled):
    client.force_login(officer)
    coming = scheduled(due_at=timezone.now() + timedelta(hours=1))
    factories.delivery(factories.approved(unit=unit))  # a connected page's is no task
    factories.delivery(state=State.BY_HAND, hand_until=timezone.now())  # another unit's
    address = reverse("publishing:by_hand")
    due = scheduled(due_at=timezone.now() - timedelta(minutes=5))
    by_hand.hand_over()
    assert [row.pk for row in client.get(address).context["page_obj"]] == [due.pk, coming.pk]

    with CaptureQueriesContext(connection) as two:
        client.get(address)
    for _ in range(3):
        scheduled()
    by_hand.hand_over()
    with CaptureQueriesContext(connection) as five:
        client.get(address)
    assert len(five) == len(two)


def test_today_and_the_posts_page_lead_to_the_task_and_it_is_no_trouble_yet(client, task, officer):
    Delivery.objects.filter(pk=task.pk).update(due_at=timezone.now() - timedelta(minutes=10))
    client.force_login(officer)
    address = reverse("publishing:by_hand_task", args=[task.public_id])

    today = client.get(reverse("oversight:today"))
    post = client.get(reverse("publishing:post", args=[task.post.public_id]))

    assert [row.pk for row in today.context["by_hand"].rows] == [task.pk]
    assert not today.context["troubles"]
    assert address in today.content.decode()
    assert address in post.content.decode()
    assert post.context["next_step"].sentence == "Waits to be posted by hand on 1 channel."


def test_who_schedules_is_told_what_people_will_have_to_do(client, unit, official, officer):
    connected = factories.ChannelFactory(unit=unit)
    post = factories.approved(unit=unit, channels=[official, connected])
    client.force_login(officer)
    asked = {"due_at": "2030-12-02T07:00", "channels": [str(c.public_id) for c in (official, connected)]}

    response = client.get(reverse("publishing:schedule", args=[post.public_id]), asked, headers={"HX-Request": "true"})

    assert response.context["by_hand"] == (
        f"By hand: when it is due, your unit gets a task for Facebook page {official.name}."
    )


def test_the_calendar_says_by_hand(client, scheduled, officer):
    scheduled(due_at=timezone.now() + timedelta(minutes=5))
    client.force_login(officer)
    start = timezone.now() - timedelta(days=1)
    window = {"start": start.isoformat(), "end": (start + timedelta(days=3)).isoformat()}

    (event,) = client.get(reverse("publishing:calendar_feed"), window).json()["events"]

    assert (event["state"], event["where"]) == ("Scheduled, by hand", "1 channel: Facebook by hand")


def test_the_revision_shown_is_the_approved_one_and_no_later(client, task, officer):
    newer = {**task.revision.content, "title": "Bản mới hơn"}
    Revision.objects.create(
        post=task.post,
        number=2,
        author=task.revision.author,
        editor=task.revision.editor,
        content=newer,
        content_sha256="f" * 64,
        created_at=timezone.now(),
    )
    client.force_login(officer)

    html = client.get(reverse("publishing:by_hand_task", args=[task.public_id])).content.decode()

    assert "Bản mới hơn" not in html
