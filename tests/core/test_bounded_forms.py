"""A form is refused for its length before anything is done with what it holds."""

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import reverse

from accounts.permissions import Role
from core import middleware, secrecy
from core.middleware import STRANGERS_BYTES
from tests import factories
from tests.architecture.test_access import _sample, all_urls

pytestmark = pytest.mark.django_db
SIGN_IN = "account_login"


class Unread:
    """A body that must not be read."""

    def read(self, *_size):
        pytest.fail("the body was read")

    readline = read


def body_of(size):
    return "a" * size


@pytest.fixture
def officer(client):
    person = factories.person(Role.OFFICER, factories.UnitFactory())
    client.force_login(person)
    return person


def test_a_strangers_long_form_is_refused_in_words_at_every_address(client):
    passed = {}
    for name, converters in all_urls().items():
        if "unnamed" in name or None in converters.values():
            continue
        address = reverse(name, kwargs={key: _sample(c) for key, c in converters.items()})
        response = client.post(address, {"login": body_of(STRANGERS_BYTES)})
        if response.status_code != 413:
            passed[name] = response.status_code

    # Messages of machines, which bound themselves.
    assert set(passed) <= {"hook", "csp_report"}


def test_one_byte_less_is_read_and_one_byte_more_is_not(client):
    kind = "application/x-www-form-urlencoded"
    address = reverse(SIGN_IN)

    accept = {"Accept": "text/html"}
    taken = client.post(address, body_of(STRANGERS_BYTES), content_type=kind, headers=accept)
    refused = client.post(address, body_of(STRANGERS_BYTES + 1), content_type=kind, headers=accept)

    assert (taken.status_code, refused.status_code) == (200, 413)
    assert "You are not signed in" in refused.content.decode()


def test_nothing_reads_a_strangers_long_body():
    request = RequestFactory().post(reverse(SIGN_IN), CONTENT_LENGTH=str(STRANGERS_BYTES + 1))
    request._stream = Unread()
    request.user = AnonymousUser()

    answer = middleware.BoundInput(lambda _request: None).process_view(
        request, lambda _request: None, (), {}
    )

    assert answer.status_code == 413


def test_it_stands_before_whatever_reads_a_form():
    order = settings.MIDDLEWARE
    bound = order.index("core.middleware.BoundInput")
    readers = [
        "django.middleware.csrf.CsrfViewMiddleware",
        "axes.middleware.AxesMiddleware",
        "core.middleware.RefuseSecrecyMarks",
        "core.resends.DoOnce",
    ]
    assert all(bound < order.index(reader) for reader in readers)


def test_a_script_of_somebody_whose_session_ended_is_told_so(client):
    response = client.post(
        reverse("posts:autosave", args=[factories.PostFactory().public_id]),
        {"body": body_of(STRANGERS_BYTES)},
        headers={"Accept": "application/json"},
    )

    assert response.status_code == 401
    assert "You are not signed in" in response.json()["error"]


def test_an_officer_may_send_more(client, officer):
    response = client.post(reverse("set_language"), {"body": body_of(2 * STRANGERS_BYTES)})

    assert response.status_code != 413


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("title", settings.FIELD_MAX_CHARACTERS),
        ("body", settings.LONG_FIELDS["body"]),
        ("captions-1f0a", settings.LONG_FIELDS["captions"]),
    ],
)
def test_a_field_beyond_its_maximum_is_looked_into_by_nothing(
    client, officer, monkeypatch, name, most
):
    looked = []
    monkeypatch.setattr(middleware, "require_no_secrecy_mark", looked.extend)
    address = reverse("set_language")

    # Each letter may come in three parts.
    refused = client.post(address, {name: body_of(3 * most + 1)}, headers={"Accept": "text/html"})
    assert (refused.status_code, looked) == (422, [])
    assert "A field holds more than it takes" in refused.content.decode()
    assert client.post(address, {name: body_of(3 * most)}).status_code != 422
    assert looked == [body_of(3 * most)]


def test_a_field_with_more_marks_than_letters_bear_is_refused_in_words(
    client, officer, monkeypatch
):
    monkeypatch.setattr(
        middleware, "require_no_secrecy_mark", lambda _texts: pytest.fail("looked into")
    )
    response = client.post(
        reverse("set_language"),
        {"next": "https://a" + "\u0301\u0323" * 5},
        headers={"Accept": "*/*"},
    )

    assert response.status_code == 422
    assert "bear more marks" in response.content.decode()
    assert client.get(reverse(SIGN_IN), {"next": "//a" + "\u0301\u0323" * 5}).status_code == 400


def test_a_number_without_end_is_no_error(client):
    """Python reads at most 4,300 digits: as a letter's number, more were an error of ours."""
    text = f"&#{'1' * 5000}; <b>TUYỆT</b> MẬT"

    assert secrecy.has_secrecy_mark(text)
    assert client.post(reverse(SIGN_IN), {"login": f"&#{'1' * 5000};"}).status_code == 200
