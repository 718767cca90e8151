"""Upload into the composer, and the pages around it: read-only, returned, new, too much."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.permissions import Role
from core.semaphores import SharedSemaphore
from media import pictures
from media.models import Media
from posts.editor import saving
from posts.models import Post
from posts.review import decisions
from posts.states import PostState
from tests import factories
from tests.factories import ChannelFactory, PostFactory, person
from tests.posts.editor.composer import address, picture_file, typed

pytestmark = pytest.mark.django_db
NEITHER = "This file is neither a picture (JPEG, PNG, WebP) nor a video (MP4, MOV, WebM)."


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


# --- Uploads, presence ----------------------------------------------------------------------------


def test_an_uploaded_picture_belongs_to_the_unit_and_comes_back_as_a_card(client, unit, post):
    response = client.post(address("upload", post), {"file": picture_file()})
    media = Media.objects.get()
    assert (media.unit, response.json()["picture"]) == (unit, str(media.public_id))
    assert f'name="alt-{media.public_id}"' in response.json()["html"]
    assert not post.pictures.exists()


def test_a_refused_upload_is_described(client, post):
    response = client.post(
        address("upload", post), {"file": SimpleUploadedFile("a.png", b"<svg/>")}
    )
    assert (response.status_code, response.json()) == (422, {"error": NEITHER})
    assert client.post(address("upload", post)).status_code == 422


def test_presence_names_the_others_and_gives_a_fresh_token(client, post, officer, colleague):
    saving.note_editing(post, by=colleague, now=timezone.now())
    body = client.get(address("presence", post)).json()
    assert (body["others"], body["version"]) == (["Lê Văn Cường"], 1)
    assert len(body["token"]) > 30


# --- Other pages ----------------------------------------------------------------------------------


def test_an_approved_post_is_shown_read_only_and_says_what_an_edit_would_stop(
    client, unit, officer
):
    post = factories.approved(unit=unit, author=officer)
    factories.delivery(post, due_at=timezone.now() + timedelta(hours=1))
    page = client.get(address("edit", post)).content.decode()
    assert "1 scheduled publication stops" in page
    assert f'action="{reverse("publishing:reopen", args=[post.public_id])}"' in page
    assert 'name="title"' not in page


def test_a_returned_post_shows_why(client, post, unit, officer):
    revision = decisions.submit(post, by=officer)
    decisions.request_changes(
        post, revision, by=person(Role.APPROVER, unit), reason="Thiếu số trực ban"
    )
    assert "Thiếu số trực ban" in client.get(address("edit", post)).content.decode()


def test_a_draft_is_put_away_and_a_copy_made(client, post):
    client.post(address("archive", post))
    post.refresh_from_db()
    assert post.state == PostState.ARCHIVED

    response = client.post(address("duplicate", post))
    copy = Post.objects.exclude(pk=post.pk).get()
    assert response["Location"] == address("edit", copy)


def test_the_composer_costs_the_same_for_one_channel_and_for_three(
    client, unit, officer, django_assert_max_num_queries
):
    for number in (1, 3):
        post = PostFactory(
            unit=unit, author=officer, channels=[ChannelFactory(unit=unit) for _ in range(number)]
        )
        with django_assert_max_num_queries(30):
            client.get(address("edit", post))


# --- More than anybody writes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ["<ol>" * 25_000, "<b><p>" * 5_000, "<p>" + "a" * 40_001],
    ids=["lists", "marks", "long"],
)
@pytest.mark.parametrize("name", ["autosave", "edit"])
def test_a_body_that_would_take_minutes_to_clean_is_refused_and_stays_on_the_page(
    client, post, name, body
):
    response = client.post(address(name, post), typed(post, body=body))

    said = response.content.decode()
    assert response.status_code == 422
    assert "characters" in said or "too many marks" in said
    assert name == "autosave" or escape(body) in said
    post.refresh_from_db()
    assert post.version == 1


# --- While others' pictures are drawn -------------------------------------------------------------


def test_a_script_is_asked_when_to_send_a_picture_again(client, post, monkeypatch):
    monkeypatch.setattr(
        pictures, "_semaphore", SharedSemaphore("pictures", limit=1, queue=0, timeout=0)
    )
    with pictures._semaphore.hold():
        response = client.post(address("upload", post), {"file": picture_file()})

    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert response.json()["error"].startswith("The portal is at work on other files just now.")
    assert client.post(address("upload", post), {"file": picture_file()}).status_code == 200


def test_a_plain_form_keeps_what_was_typed_and_says_which_picture_is_missing(
    client, post, monkeypatch
):
    monkeypatch.setattr(
        pictures, "_semaphore", SharedSemaphore("pictures", limit=1, queue=0, timeout=0)
    )
    with pictures._semaphore.hold():
        form = typed(post, title="Tiêu đề mới", act="upload:", files=picture_file("anh-1.png"))
        response = client.post(address("edit", post), form, follow=True)

    assert "anh-1.png: The portal is at work on other files just now." in response.content.decode()
    post.refresh_from_db()
    assert post.title == "Tiêu đề mới"
