"""Keep a form that was sent after the session had ended, for its sender alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session
from posts.editor import unsent
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.factories import PostFactory
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


# --- A session that ended in the meantime ---------------------------------------------------------


def proof_of(client, post: Post) -> str:
    return client.get(address("edit", post)).context["proof"]


def test_a_form_sent_signed_out_is_offered_again_after_signing_in(client, post, officer):
    officer.language = "en"
    officer.save()
    values = typed(post, title="Viết lúc hết phiên", act="submit", proof=proof_of(client, post))
    client.logout()

    response = client.post(address("submit", post), values)
    assert response["Location"] == f"{reverse('account_login')}?next={address('edit', post)}"

    client.post(
        reverse("account_login"), {"login": officer.username, "password": factories.PASSWORD}
    )
    page = client.get(address("edit", post)).content.decode()
    assert "This is what you sent while you were signed out" in page
    assert 'value="Viết lúc hết phiên"' in page
    post.refresh_from_db()
    assert (post.title == "Viết lúc hết phiên", post.state) == (False, PostState.DRAFT)

    client.post(address("edit", post), typed(post, title="Viết lúc hết phiên"))
    assert "while you were signed out" not in client.get(address("edit", post)).content.decode()
    post.refresh_from_db()
    assert post.title == "Viết lúc hết phiên"


def test_the_offer_can_be_declined(client, post, officer):
    values = typed(post, title="Viết lúc hết phiên", proof=proof_of(client, post))
    client.logout()
    client.post(address("edit", post), values)
    client.post(
        reverse("account_login"), {"login": officer.username, "password": factories.PASSWORD}
    )

    client.post(address("edit", post))

    assert "while you were signed out" not in client.get(address("edit", post)).content.decode()


def test_somebody_else_who_signs_in_is_offered_nothing(client, post, colleague):
    values = typed(post, title="Viết lúc hết phiên", proof=proof_of(client, post))
    client.logout()
    client.post(address("edit", post), values)
    client.post(
        reverse("account_login"), {"login": colleague.username, "password": factories.PASSWORD}
    )
    assert "Viết lúc hết phiên" not in client.get(address("edit", post)).content.decode()
    assert "unsent" not in client.session  # and does not carry it about either


def test_what_waited_too_long_is_not_offered_and_not_kept(client, post, officer):
    values = typed(post, title="Viết lúc hết phiên", proof=proof_of(client, post))
    client.logout()
    client.post(address("edit", post), values)
    session = client.session
    session["unsent"] |= {"at": (timezone.now() - timedelta(hours=2, minutes=1)).isoformat()}
    session.save()

    client.post(
        reverse("account_login"), {"login": officer.username, "password": factories.PASSWORD}
    )

    assert "unsent" not in client.session


def test_one_person_leaves_only_so_many_forms_an_hour(client, post):
    values = typed(post, proof=proof_of(client, post))
    client.logout()

    for _n in range(unsent.AN_HOUR + 1):
        Client().post(address("edit", post), values)

    kept = [row.get_decoded() for row in Session.objects.filter(user=None)]
    assert sum("unsent" in key for key in kept) == unsent.AN_HOUR


@pytest.mark.parametrize("why", ["no proof", "of another post", "too large", "a secret"])
def test_nothing_is_kept_for_a_stranger_nor_too_much_nor_a_secret(client, unit, post, officer, why):
    proof = {
        "no proof": "",
        "of another post": proof_of(client, PostFactory(unit=unit, author=officer)),
    }.get(why, proof_of(client, post))
    body = {"too large": "ă" * 32_768, "a secret": "TUYỆT MẬT"}.get(why, "Nội dung")
    client.logout()
    client.post(address("edit", post), typed(post, body=body, proof=proof))
    assert "unsent" not in client.session


# --- A network that was away ----------------------------------------------------------------------


def test_what_a_browser_kept_is_shown_and_not_saved(client, post):
    values = typed(post, title="Giữ trên máy", act="return")

    page = client.post(address("edit", post), values).content.decode()

    assert 'value="Giữ trên máy"' in page
    assert "data-returned" in page
    assert Post.objects.get(pk=post.pk).title == post.title


def test_what_a_browser_kept_opens_no_post_of_another_unit(client):
    elsewhere = PostFactory()

    response = client.post(address("edit", elsewhere), typed(elsewhere, act="return"))

    assert response.status_code == 404


def test_what_a_browser_kept_of_a_submitted_post_leads_to_its_state(client, post):
    factories.submitted(post)

    page = client.post(address("edit", post), typed(post, act="return")).content.decode()

    assert "data-returned" not in page


def test_a_page_that_a_colleague_left_open_saves_nothing_in_ones_own_name(client, post, colleague):
    values = typed(post, title="Của người trước", proof=proof_of(client, post))
    client.force_login(colleague)

    response = client.post(address("autosave", post), values)

    assert response.status_code == 403
    assert Post.objects.get(pk=post.pk).title == post.title
    own = typed(post, title="Của tôi", proof=proof_of(client, post))
    assert client.post(address("autosave", post), own).status_code == 200
