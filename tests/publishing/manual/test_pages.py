"""The pages of manual tasks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertInHTML

from posts.models import Revision
from publishing.manual import manual_posting
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.manual.conftest import LINK, state

pytestmark = pytest.mark.django_db


def test_the_screen_has_the_exact_text_the_pictures_and_the_page(client, unit, official, officer):
    picture = factories.media(unit)
    post = factories.approved(unit=unit, channels=[official], media=[picture])
    row = factories.delivery(post, official)
    manual_posting.create_manual_tasks()
    client.force_login(officer)

    response = client.get(reverse("publishing:manual_task", args=[row.public_id]))

    target = post.approved_revision.content["channels"][0]
    html = response.content.decode()
    assert response.context["message"].text == target["text"]
    assert (
        f'<textarea class="form-control" id="hand-text" rows="10" '
        f"readonly>{target['text']}</textarea>"
    ) in html
    assert reverse("posts:media", args=[picture.public_id]) in html
    assert official.address in html


def test_a_video_is_taken_along_and_shown_as_it_shall_look(client, unit, officer):
    tiktok = factories.ChannelFactory(unit=unit, platform="tiktok", health="by_hand")
    video = factories.video(unit, seconds=75)
    draft = factories.PostFactory(
        unit=unit, channels=[tiktok], media=[video, factories.media(unit)]
    )
    draft.targets.update(options={"privacy": "PUBLIC_TO_EVERYONE"})
    row = factories.delivery(factories.approved(draft), tiktok)
    manual_posting.create_manual_tasks()
    client.force_login(officer)

    html = client.get(reverse("publishing:manual_task", args=[row.public_id])).content.decode()

    # The format shows the video alone; the app gets no blob of a video at once.
    assert html.count("Download video 1") == 1
    assert "Download picture" not in html
    assert "data-share-pictures" not in html
    assert (
        f'<source src="{reverse("posts:media", args=[video.public_id])}" type="video/mp4">' in html
    )
    assertInHTML("<div><dt>Who can see the post</dt><dd>Everyone</dd></div>", html)


def test_posted_closes_it_and_leads_to_the_posts_page(client, task, officer):
    client.force_login(officer)

    response = client.post(
        reverse("publishing:manual_task", args=[task.public_id]), {"permalink": LINK}
    )

    assert response["Location"].startswith(reverse("publishing:post", args=[task.post.public_id]))
    assert state(task) == State.PUBLISHED


def test_a_wrong_link_keeps_what_was_typed_and_says_so_beside_the_field(client, task, officer):
    client.force_login(officer)
    wrong = "https://www.facebook.com/trangkhac/posts/1"

    response = client.post(
        reverse("publishing:manual_task", args=[task.public_id]), {"permalink": wrong}
    )

    assert (response.status_code, list(response.context["form"].errors)) == (409, ["permalink"])
    assert wrong in response.content.decode()


def test_a_task_that_is_settled_meanwhile_leads_on(client, task, officer):
    client.force_login(officer)
    scheduling.cancel(task, by=officer)
    address = reverse("publishing:manual_task", args=[task.public_id])

    assert client.get(address).status_code == 302
    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_before_its_hour_the_task_shows_the_text_but_takes_no_link(client, scheduled, officer):
    row = scheduled(due_at=timezone.now() + timedelta(hours=2))
    client.force_login(officer)
    address = reverse("publishing:manual_task", args=[row.public_id])

    html = client.get(address).content.decode()
    client.post(address, {"permalink": LINK})

    assert ("Not due yet" in html, 'name="permalink"' in html) == (True, False)
    assert state(row) == State.SCHEDULED


def test_before_its_hour_a_changed_text_is_not_shown_either(client, scheduled, officer):
    row = scheduled(due_at=timezone.now() + timedelta(hours=2), content_sha256="0" * 64)
    client.force_login(officer)

    html = client.get(reverse("publishing:manual_task", args=[row.public_id])).content.decode()

    assert ("Do not post" in html, "Công an không yêu cầu chuyển tiền" in html) == (True, False)


def test_the_list_has_what_is_due_first_and_costs_the_same_for_many(
    client, unit, official, officer, scheduled
):
    client.force_login(officer)
    coming = scheduled(due_at=timezone.now() + timedelta(hours=1))
    factories.delivery(factories.approved(unit=unit))  # a connected page's is no task
    factories.delivery(state=State.MANUAL, manual_deadline=timezone.now())  # another unit's
    address = reverse("publishing:manual_tasks")
    due = scheduled(due_at=timezone.now() - timedelta(minutes=5))
    manual_posting.create_manual_tasks()
    assert [row.pk for row in client.get(address).context["page_obj"]] == [due.pk, coming.pk]

    with CaptureQueriesContext(connection) as two:
        client.get(address)
    for _ in range(3):
        scheduled()
    manual_posting.create_manual_tasks()
    with CaptureQueriesContext(connection) as five:
        client.get(address)
    assert len(five) == len(two)


def test_today_and_the_posts_page_lead_to_the_task_and_it_is_no_trouble_yet(client, task, officer):
    factories.plan_anew(task, due_at=timezone.now() - timedelta(minutes=10))
    client.force_login(officer)
    address = reverse("publishing:manual_task", args=[task.public_id])

    today = client.get(reverse("oversight:today"))
    post = client.get(reverse("publishing:post", args=[task.post.public_id]))

    assert [row.pk for row in today.context["manual_tasks"].rows] == [task.pk]
    assert not today.context["troubles"]
    assert address in today.content.decode()
    assert address in post.content.decode()
    assert post.context["next_step"].sentence == "Waits to be posted by hand on 1 channel."


def test_who_schedules_is_informed_what_people_will_have_to_do(client, unit, official, officer):
    connected = factories.ChannelFactory(unit=unit)
    post = factories.approved(unit=unit, channels=[official, connected])
    client.force_login(officer)
    asked = {
        "due_at": "2030-12-02T07:00",
        "channels": [str(c.public_id) for c in (official, connected)],
    }

    response = client.get(
        reverse("publishing:schedule", args=[post.public_id]), asked, headers={"HX-Request": "true"}
    )

    assert response.context["manual_tasks"] == (
        f"By hand: when it is due, your unit gets a task for Facebook page {official.name}."
    )


def test_the_calendar_says_manual(client, scheduled, officer):
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

    html = client.get(reverse("publishing:manual_task", args=[task.public_id])).content.decode()

    assert "Bản mới hơn" not in html
