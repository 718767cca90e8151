"""An account begins with a link that works once."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation, User
from accounts.people import invitations, lifecycle
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from tests import factories

PASSWORD = "mot cau dai de nho 2026"


@pytest.fixture
def province(db):
    return factories.ProvinceFactory()


@pytest.fixture
def commune(province):
    return factories.UnitFactory(parent=province, place="Phường Ba Đình", code="00004")


@pytest.fixture
def admin(province):
    return factories.person(Role.ADMINISTRATOR, province, full_name="Trần Quản Trị")


@pytest.fixture
def letters(monkeypatch):
    """The mails that are handed to the queue."""
    sent = []
    monkeypatch.setattr(invitations, "send_mails", sent.extend)
    return sent


@pytest.fixture(autouse=True)
def links(monkeypatch):
    """The addresses of the invitation pages, as the letters bear them, in the order in which they
    were made.
    """
    made, make = [], invitations.secrets.token_urlsafe

    def token_urlsafe(size):
        secret = make(size)
        if size == 32:  # others are the nonces of pages
            made.append(reverse("accounts:accept_invitation", args=[secret]))
        return secret

    monkeypatch.setattr(invitations.secrets, "token_urlsafe", token_urlsafe)
    return made


def invite(admin, commune, **facts):
    given = {
        "full_name": "Nguyễn Văn Đức",
        "email": "Duc@CongAn.example",
        "role": Role.OFFICER,
        **facts,
    }
    return invitations.invite(unit=commune, by=admin, **given)


def test_the_user_name_is_the_name_without_accents_and_numbered_when_taken(admin, commune):
    first = invite(admin, commune)
    second = invite(admin, commune, email="duc2@congan.example")

    assert [first.username, second.username] == ["nguyen.van.duc", "nguyen.van.duc2"]
    assert first.email == "duc@congan.example"
    assert not first.has_usable_password()


def test_the_link_is_mailed_and_only_its_hash_is_stored(
    admin, commune, letters, django_capture_on_commit_callbacks, links
):
    with django_capture_on_commit_callbacks(execute=True):
        person = invite(admin, commune)

    (letter,) = letters
    assert letter["to"] == ["duc@congan.example"]
    assert links[0] in letter["text"]
    secret = links[0].rstrip("/").rpartition("/")[2]
    stored = person.invitations.get()
    assert stored.secret_hash == Invitation.hash_of(secret) != secret
    assert stored.expires_at - stored.created_at == pytest.approx(
        timedelta(days=7), abs=timedelta(minutes=1)
    )


def test_the_invited_person_chooses_a_password_once_and_is_signed_in(client, admin, commune, links):
    person = invite(admin, commune)

    page = client.get(links[0])
    assert (page.status_code, page["Referrer-Policy"]) == (200, "strict-origin")
    done = client.post(links[0], {"password1": PASSWORD, "password2": PASSWORD})

    assert (done.status_code, done["Location"]) == (302, "/")
    assert get_user(client) == person
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)
    client.logout()
    client.cookies["django_language"] = "en"  # signing in had set the person's own
    again = client.get(links[0])
    assert again.status_code == 400
    assert "already used" in again.content.decode()


@pytest.mark.parametrize(
    ("first", "second", "field", "message"),
    [
        ("xyzt", "xyzt", "password1", "This password is too short: at least 12 characters."),
        ("nguyen.van.duc", "nguyen.van.duc", "password1", "made of names"),
        (PASSWORD, PASSWORD + "x", "password2", "The two passwords differ."),
    ],
)
def test_a_weak_or_mistyped_password_leaves_the_link_alive(
    client, admin, commune, first, second, field, message, links
):
    person = invite(admin, commune)

    response = client.post(links[0], {"password1": first, "password2": second})

    assert response.status_code == 422
    assert message in response.context["form"].errors[field][0]
    assert person.invitations.get().used_at is None


def test_an_expired_link_says_whom_to_ask(client, admin, commune, links):
    invite(admin, commune)

    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        response = client.get(links[0])

    assert response.status_code == 400
    assert "This invitation link has expired. Ask your unit" in response.content.decode()


@pytest.mark.django_db
def test_a_made_up_link_reports_nothing(client):
    response = client.get(reverse("accounts:accept_invitation", args=["abc"]))

    assert response.status_code == 400
    assert "This invitation link is not valid." in response.content.decode()


def test_a_new_link_kills_the_earlier_one(client, admin, commune, links):
    person = invite(admin, commune)

    invitations.invite_again(person, by=admin)

    assert "A newer invitation link" in client.get(links[0]).content.decode()
    assert client.get(links[1]).status_code == 200


def test_a_disabled_account_cannot_be_opened_by_its_link(client, admin, commune, links):
    person = invite(admin, commune)

    lifecycle.disable(person, by=admin, reason="Nhầm người")

    assert client.get(links[0]).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_one_link_at_once_one_gets_in(letters, links):
    admin = factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory())
    commune = factories.UnitFactory(parent=admin.appointments.get().unit)
    person = invite(admin, commune)
    secret = links[0].rstrip("/").rpartition("/")[2]
    both_looked, outcomes = threading.Barrier(2, timeout=10), []
    look = invitations.open_invitation

    def looking(secret):
        found = look(secret)
        both_looked.wait()
        return found

    def accept(password):
        try:
            invitations.accept(secret, password=password)
            outcomes.append(password)
        except Refused as refused:
            outcomes.append(str(refused))
        finally:
            connection.close()

    invitations.open_invitation = looking
    try:
        rivals = [threading.Thread(target=accept, args=[f"{PASSWORD} {n}"]) for n in (1, 2)]
        [rival.start() for rival in rivals]
        [rival.join(20) for rival in rivals]
    finally:
        invitations.open_invitation = look

    winners = [o for o in outcomes if o.startswith(PASSWORD)]
    assert len(outcomes) == 2
    assert len(winners) == 1
    assert User.objects.get(pk=person.pk).check_password(winners[0])


def test_nobody_invites_beyond_their_own_ground(admin):
    with pytest.raises(NotAllowed):
        invite(admin, factories.UnitFactory())
    assert not User.objects.filter(email="duc@congan.example").exists()


def test_nobody_invites_above_themselves(admin):
    with pytest.raises(NotAllowed):
        invite(admin, factories.ministry(), role=Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    ("role", "place", "message"),
    [
        (Role.OVERSEER, {}, "does not exist in"),
        (Role.OFFICER, {"has_police_body": False}, "has no police body"),
        (Role.OFFICER, {"valid_to": timezone.localdate()}, "is closed"),
    ],
)
def test_a_post_that_cannot_exist_is_refused(admin, province, role, place, message):
    with pytest.raises(Refused, match=message):
        invite(admin, factories.UnitFactory(parent=province, **place), role=role)


def test_no_page_shows_the_invitation_link_to_the_inviter(client, admin, commune, links):
    client.force_login(admin)
    fields = {
        "full_name": "Lê Thị Hoa",
        "email": "hoa@congan.example",
        "unit": "ba dinh",
        "role": "officer",
    }

    pages = [client.post(reverse("accounts:invite"), {**fields, "title": "Cán bộ"}, follow=True)]
    person = User.objects.get(email="hoa@congan.example")
    pages.append(
        client.post(reverse("accounts:invite_again", args=[person.public_id]), follow=True)
    )

    assert [page.status_code for page in pages] == [200, 200]
    assert len(links) == 2
    for page in pages:
        assert "goes by e-mail" in page.content.decode()
        assert not [
            link for link in links if link.rstrip("/").rpartition("/")[2] in page.content.decode()
        ]
    assert [(a.unit, a.role, a.title) for a in person.appointments.all()] == [
        (commune, "officer", "Cán bộ")
    ]
    assert (
        Entry.objects.get(action="account.invited").sentence
        == "Made an account for Lê Thị Hoa and sent the invitation"
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "admin@congan.example"}, "email"),
        ({"username": "Có Dấu"}, "username"),
        ({"unit": "xyz"}, "unit"),
        ({"role": "king"}, "role"),
        ({"full_name": ""}, "full_name"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(client, province, commune, wrong, field):
    client.force_login(factories.person(Role.ADMINISTRATOR, province, email="admin@congan.example"))
    form = {
        "full_name": "Lê Thị Hoa",
        "email": "hoa@congan.example",
        "unit": "00004",
        "role": "officer",
        **wrong,
    }

    response = client.post(reverse("accounts:invite"), form)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
