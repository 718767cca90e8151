"""The composer without JavaScript, its uploads and the pages around it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from posts.editor import saving
from posts.states import PostState
from tests import factories
from tests.factories import PostFactory
from tests.posts.editor.composer import address, picture_file, typed

pytestmark = pytest.mark.django_db
NEITHER = "This file is neither a picture (JPEG, PNG, WebP) nor a video (MP4, MOV, WebM)."


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


# --- Without JavaScript ---------------------------------------------------------------------------


def test_the_save_button_saves_and_returns_to_the_page(client, post):
    response = client.post(address("edit", post), typed(post, title="Khác", act="save"))
    post.refresh_from_db()
    assert (response.status_code, response["Location"], post.title) == (
        302,
        address("edit", post),
        "Khác",
    )


def test_the_page_keeps_what_was_typed_when_a_field_is_wrong(client, post):
    response = client.post(address("edit", post), typed(post, title="Tiêu đề dở dang", link="sai"))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="Tiêu đề dở dang"' in page
    assert "Not saved yet" in page


def test_the_page_keeps_my_text_beside_a_newer_copy_and_saves_it_when_asked(
    client, post, colleague
):
    values = typed(post, title="Bản của tôi")
    saving.save(post, factories.edit_of(post, title="Mới", texts={}), by=colleague, version=1)

    response = client.post(address("edit", post), values)
    page = response.content.decode()
    assert response.status_code == 409
    assert 'value="Bản của tôi"' in page
    assert 'name="act" value="overwrite:2"' in page

    client.post(address("edit", post), {**values, "act": "overwrite:2"})
    post.refresh_from_db()
    assert post.title == "Bản của tôi"


def test_the_upload_button_adds_pictures_and_says_what_was_refused(client, post):
    files = [
        picture_file(),
        SimpleUploadedFile("don.pdf", b"%PDF-1.7"),
        picture_file("hai.png", "red"),
    ]

    response = client.post(
        address("edit", post), typed(post, act="upload", files=files, title="Khác"), follow=True
    )

    post.refresh_from_db()
    assert post.title == "Khác"
    assert [(p.media.width, p.position) for p in post.pictures.all()] == [(300, 0), (300, 1)]
    assert f"don.pdf: {NEITHER}" in response.content.decode()


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ("up:1", [1, 0, 2]),
        ("down:0", [1, 0, 2]),
        ("up:0", [0, 1, 2]),
        ("down:2", [0, 1, 2]),
        ("remove:1", [0, 2]),
    ],
)
def test_pictures_are_moved_and_removed_by_buttons(client, unit, officer, act, order):
    media = [factories.media(unit) for _ in range(3)]
    post = PostFactory(unit=unit, author=officer, media=media)
    name, number = act.split(":")

    client.post(address("edit", post), typed(post, act=f"{name}:{media[int(number)].public_id}"))

    assert [p.media for p in post.pictures.all()] == [media[n] for n in order]


def test_submitting_saves_first_and_leads_to_the_post(client, post):
    response = client.post(address("submit", post), typed(post, title="Khác", act="submit"))
    post.refresh_from_db()
    assert response["Location"] == reverse("publishing:post", args=[post.public_id])
    assert (post.state, post.current_revision.content["title"]) == (PostState.IN_REVIEW, "Khác")


def test_submitting_an_incomplete_post_saves_it_and_says_what_is_missing(client, post):
    response = client.post(address("submit", post), typed(post, body=""), follow=True)
    post.refresh_from_db()
    assert (post.state, post.body) == (PostState.DRAFT, "")
    assert "The text is missing." in response.content.decode()
