"""Findings in a picture are decided on its sheet; until then, no post goes on."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.errors import Refused
from media.models import Media
from media.scanners import scanning
from media.scanners.models import Box
from posts.editor import saving
from posts.findings import find_findings
from posts.media_findings import remedies
from posts.models import Post
from posts.review import decisions
from posts.states import PostState
from publishing.scheduling.scheduling import schedule
from tests import factories
from tests.factories import FACE, PostFactory, UnitFactory, person

pytestmark = pytest.mark.django_db

SECRET = {"kind": "stamp", "rule": "secret_mark", "severity": "hard"}
NUMBER = {"kind": "text", "rule": "id_cccd", "severity": "hard"}


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit, client):
    officer = person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


@pytest.fixture
def picture(unit):
    return factories.media(unit)


@pytest.fixture
def post(unit, officer, picture):
    return PostFactory(unit=unit, author=officer, media=[picture])


def page_of(media, **query):
    address = reverse("posts:media_findings", args=[media.public_id])
    return f"{address}?{'&'.join(f'{k}={v}' for k, v in query.items())}" if query else address


def rules(post):
    return [finding.rule for finding in find_findings(Post.objects.get(pk=post.pk))]


# --- The gate -------------------------------------------------------------------------------------


def test_an_unchecked_picture_is_not_submitted(post, officer, picture):
    factories.scanned(picture, state="waiting")

    with pytest.raises(Refused, match="still being checked"):
        decisions.submit(post, by=officer)

    factories.scanned(picture)
    decisions.submit(post, by=officer)
    assert post.state == PostState.IN_REVIEW


def test_an_open_finding_is_not_submitted(post, officer, picture):
    factories.scanned(picture, FACE, NUMBER)

    assert rules(post) == ["media_face", "leak_id_cccd"]
    with pytest.raises(Refused, match="A face is seen"):
        decisions.submit(post, by=officer)


def test_the_gate_asks_as_often_for_many_pictures_as_for_one(post, unit, officer, picture):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    factories.scanned(picture, FACE)
    with CaptureQueriesContext(connection) as one:
        find_findings(Post.objects.get(pk=post.pk))
    more = [factories.media(unit) for _ in range(4)]
    for medium in more:
        factories.scanned(medium, FACE, NUMBER)
    many = PostFactory(unit=unit, author=officer, media=[picture, *more])

    with CaptureQueriesContext(connection) as five:
        find_findings(Post.objects.get(pk=many.pk))
    assert len(five) == len(one)


def test_what_was_found_after_the_submission_keeps_the_approver_from_approving(
    post, officer, unit, picture
):
    revision = decisions.submit(post, by=officer)
    factories.scanned(picture, FACE)

    with pytest.raises(Refused, match="A face is seen"):
        decisions.approve(post, revision, by=person(Role.APPROVER, unit), proof=factories.proof())


def test_what_was_found_after_the_approval_is_not_scheduled(post, officer, unit, picture):
    post = factories.approved(post)
    factories.scanned(picture, FACE)

    with pytest.raises(Refused, match="A face is seen"):
        schedule(post, by=officer, due_at=timezone.now() + timedelta(hours=1))


def test_who_let_what_stand_is_in_the_record_of_the_submission(post, officer, picture):
    scan = factories.scanned(picture, FACE)
    scanning.allow_box(scan.boxes.get(), as_="staff", by=officer)

    decisions.submit(post, by=officer)

    entry = Entry.objects.filter(action="post.in_review").latest("pk")
    assert entry.data["shown"] == {"face": 1}


# --- The sheet ------------------------------------------------------------------------------------


def test_the_sheet_lists_the_findings_over_the_picture(client, post, picture):
    factories.scanned(picture, FACE, FACE, NUMBER)

    page = client.get(page_of(picture)).content.decode()

    assert page.count("data-show-box") == 3
    assert 'viewBox="0 0 10000 10000"' in page
    assert "Blur all 2 faces" in page
    assert "style=" not in page


def test_all_faces_are_blurred_by_one_act(client, post, picture):
    factories.scanned(picture, FACE, FACE, FACE)

    client.post(page_of(picture, post=post.public_id), {"act": "blur_kind", "kind": "face"})

    new = Post.objects.get(pk=post.pk).pictures.get()
    assert new.media != picture
    assert new.alt_text == "Ảnh minh họa"
    assert new.media.made_from == picture


def test_the_composer_gets_the_card_and_saves_it_itself(client, post, picture):
    factories.scanned(picture, FACE)
    box = Box.objects.get()

    page = client.post(
        page_of(picture, post=post.public_id, card=1),
        {"act": "blur", "box": box.public_id},
        headers={"HX-Request": "true"},
    ).content.decode()

    new = Media.objects.exclude(pk=picture.pk).get()
    assert f'data-replaces="{picture.public_id}"' in page
    assert f'data-picture="{new.public_id}"' in page
    assert Post.objects.get(pk=post.pk).pictures.get().media == picture


def test_a_video_is_blurred_by_a_worker_for_the_draft(client, unit, officer):
    video = factories.video(unit)
    post = PostFactory(unit=unit, author=officer, media=[video])
    factories.scanned(video, {**FACE, "from_second": 0.5, "to_second": 1.5})
    box = Box.objects.get()

    page = client.get(page_of(video, post=post.public_id)).content.decode()
    assert 'data-second="0.5"' in page
    answer = client.post(
        page_of(video, post=post.public_id, card=1), {"act": "blur", "box": box.public_id}
    )

    edit = video.video_edits.get()
    assert answer.url.startswith(reverse("posts:edit_video", args=[video.public_id]))
    assert edit.purpose_id == post.public_id
    assert edit.plan["blurs"] == [[box.x, box.y, box.width, box.height, 0.5, 1.5]]


def test_a_face_may_be_shown_for_a_reason(client, post, officer, picture):
    factories.scanned(picture, FACE)
    box = Box.objects.get()

    answer = client.post(page_of(picture), {"act": "show", "box": box.public_id})
    assert answer.status_code == 302
    assert not Box.objects.exclude(shown_as="").exists()

    client.post(page_of(picture), {"act": "show", "box": box.public_id, "legal_basis": "staff"})

    box.refresh_from_db()
    assert (box.shown_as, box.shown_by) == ("staff", officer)
    assert rules(post) == []


def test_what_was_typed_stays_when_a_reason_is_refused(client, picture, officer):
    factories.scanned(picture, FACE)
    sent = {
        "act": "show",
        "box": Box.objects.get().public_id,
        "legal_basis": "reason",
        "note": "Anh Trần Văn Lúa, SN 1990",
    }

    answer = client.post(page_of(picture), sent, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert "Anh Trần Văn Lúa, SN 1990" in answer.content.decode()
    assert not Box.objects.exclude(shown_as="").exists()


def test_a_person_looks_where_a_scanner_is_missing(client, post, picture):
    factories.scanned(picture, missing=["text"])
    assert (
        "Could not look for text: look at it by eye"
        in client.get(page_of(picture)).content.decode()
    )

    client.post(page_of(picture), {"act": "look"})

    assert rules(post) == []


def test_a_marked_picture_goes_out_with_its_bytes(client, post, officer, picture):
    factories.scanned(picture, SECRET)
    name = picture.file.name

    page = client.get(page_of(picture, post=post.public_id)).content.decode()
    assert "May be shown" not in page
    assert "report to your unit's leader" in page
    client.post(page_of(picture, post=post.public_id), {"act": "take_out"})

    assert not Media.objects.filter(pk=picture.pk).exists()
    assert not default_storage.exists(name)
    assert not Post.objects.get(pk=post.pk).pictures.exists()


def test_saving_a_draft_without_a_marked_picture_removes_its_bytes(post, officer, picture):
    factories.scanned(picture, SECRET)

    saving.save(post, factories.edit_of(post, pictures=[]), by=officer, version=post.version)

    assert not Media.objects.filter(pk=picture.pk).exists()


def test_a_marked_picture_that_another_post_shows_stays_until_it_is_taken_out_there(
    post, unit, officer, picture
):
    factories.scanned(picture, SECRET)
    other = PostFactory(unit=unit, author=officer, media=[picture])

    remedies.remove_from_draft(picture, by=officer, post=post)
    assert Media.objects.filter(pk=picture.pk).exists()

    remedies.remove_from_draft(picture, by=officer, post=other)
    assert not Media.objects.filter(pk=picture.pk).exists()


def test_the_approver_refuses_what_the_author_let_stand(client, post, officer, unit, picture):
    scan = factories.scanned(picture, FACE)
    scanning.allow_box(scan.boxes.get(), as_="reason", note="Ảnh chụp từ xa", by=officer)
    decisions.submit(post, by=officer)
    client.force_login(person(Role.APPROVER, unit))

    review = client.get(reverse("publishing:review", args=[post.public_id])).content.decode()
    assert "Ảnh chụp từ xa" in review
    assert str(officer) in review
    sheet = client.get(page_of(picture)).content.decode()
    assert "It may not be shown" in sheet
    client.post(page_of(picture), {"act": "hide", "box": scan.boxes.get().public_id})

    assert rules(post) == ["media_face"]


def test_foreign_pictures_are_not_found(client, officer):
    strange = factories.media(UnitFactory())

    assert client.get(page_of(strange)).status_code == 404


# --- The composer's states ------------------------------------------------------------------------


def test_the_states_tell_how_far_the_scanners_are(client, officer, unit, picture):
    factories.scanned(picture, state="running")
    done, strange = factories.media(unit), factories.media(UnitFactory())

    keys = [str(medium.public_id) for medium in (picture, done, strange)]
    answer = client.get(reverse("posts:media_states"), {"media": [*keys, "x"]}).json()

    assert {key: state["is_over"] for key, state in answer.items()} == {
        keys[0]: False,
        keys[1]: True,
    }
    assert "Being checked…" in answer[keys[0]]["html"]
