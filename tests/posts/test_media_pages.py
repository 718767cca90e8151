"""Who gets a picture's bytes, and how a platform fetches them."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from posts.media_links import public_url
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def post():
    unit = factories.UnitFactory()
    return factories.approved(unit=unit, media=[factories.media(unit)])


@pytest.fixture
def picture(post):
    return post.pictures.get().media


def address(picture, post, *, good_for=timedelta(hours=1)) -> str:
    return urlsplit(public_url(picture, post.approved_revision.public_id, until=timezone.now() + good_for)).path


def test_a_colleague_sees_the_picture_and_nothing_in_it_can_run(client, picture):
    client.force_login(factories.person(Role.OFFICER, picture.unit))

    response = client.get(reverse("posts:media", args=[picture.public_id]))

    assert b"".join(response) == picture.file.read()
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, max-age=86400, immutable"
    assert "Cookie" in response["Vary"]


def test_a_thumb_is_a_jpeg(client, picture):
    client.force_login(factories.person(Role.OFFICER, picture.unit))
    response = client.get(reverse("posts:media", args=[picture.public_id]), {"size": "thumb"})
    assert response["Content-Type"] == "image/jpeg"
    assert b"".join(response)[:2] == b"\xff\xd8"


def test_a_stranger_to_the_unit_finds_no_picture(client, picture):
    client.force_login(factories.person(Role.OFFICER))
    assert client.get(reverse("posts:media", args=[picture.public_id])).status_code == 404


@pytest.mark.parametrize("state", [State.CLAIMED, State.STAGED, State.COMMITTING, State.VERIFYING])
def test_a_platform_fetches_the_picture_of_what_is_going_out(client, post, picture, state):
    factories.delivery(post, state=state, lease_until=timezone.now())

    response = client.get(address(picture, post))

    assert b"".join(response) == picture.file.read()
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("state", [State.SCHEDULED, State.CANCELLED, State.FAILED, State.RECALLED])
def test_a_link_opens_nothing_while_nothing_goes_out(client, post, picture, state):
    factories.delivery(post, state=state)
    assert client.get(address(picture, post)).status_code == 404


def test_a_link_is_absolute_and_ends_after_its_time(client, post, picture, settings):
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())
    url = public_url(picture, post.approved_revision.public_id, until=timezone.now() + timedelta(hours=1))
    assert url.startswith(settings.PORTAL_URL + "/")
    assert url.endswith(".jpg")
    assert client.get(urlsplit(url).path).status_code == 200
    assert client.get(address(picture, post, good_for=timedelta(seconds=-2))).status_code == 404


def test_a_changed_link_opens_nothing(client, post, picture):
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())
    path = address(picture, post)
    start = len(reverse("posts:public_media", args=["x", "y"])) - 3
    for place in (start, start + 20, start + 60):
        other = "A" if path[place] != "A" else "B"
        assert client.get(path[:place] + other + path[place + 1 :]).status_code == 404


def test_a_link_opens_no_picture_that_the_revision_does_not_hold(client, post):
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())
    foreign = factories.media(post.unit)
    assert client.get(address(foreign, post)).status_code == 404
