"""An unattended session does not become a lasting takeover."""

import re
from unittest.mock import Mock

import pytest
import time_machine
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.contrib.auth import get_user
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.forms import PASSWORD_HELP, ResetPasswordRequestForm
from accounts.models import User
from accounts.permissions import Role
from core.models import Letter, QuotaUse
from tests import factories
from tests.accounts.sign_in.test_limits import code_at

pytestmark = pytest.mark.django_db
NEW = "mot mat khau moi dai hon 27"


@pytest.fixture(autouse=True)
def _no_limits():
    cache.clear()


def letters() -> list[Letter]:
    """Return the letters that wait to be sent, and forget them."""
    found = list(Letter.objects.order_by("pk"))
    Letter.objects.all().delete()
    return found


def link_in(letter: Letter) -> str:
    return re.search(r"/accounts/password/reset/key/\S+", letter.text)[0]


@pytest.fixture
def officer():
    person = factories.person(
        Role.OFFICER, username="son-tra.pho", email="pho@congan.example", language="en"
    )
    # As since the first sign-in: the link of the invitation went there.
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def desk(officer):
    """The officer signed in, then left the desk for six minutes."""
    client = Client()
    client.cookies["django_language"] = "en"
    with time_machine.travel(timezone.now() - timezone.timedelta(minutes=6), tick=False):
        client.post(
            reverse("account_login"), {"login": "son-tra.pho", "password": factories.PASSWORD}
        )
    assert get_user(client) == officer
    return client


def ask_for_reset(address: str) -> list[str]:
    """Ask for a new password for ``address``, and return the letters that this sends."""
    letters()
    Client().post(reverse("account_reset_password"), {"email": address})
    return [(letter.to, "/accounts/password/reset/key/" in letter.text) for letter in letters()]


def test_the_answer_to_who_asks_for_a_reset_waits_for_nothing_that_depends_on_the_account(
    officer, monkeypatch
):
    later, queries = [], []
    monkeypatch.setattr(ResetPasswordRequestForm, "send", lambda form, request: later.append(form))
    for address in (officer.email, "nobody@congan.example"):
        with CaptureQueriesContext(connection) as asked:
            Client().post(reverse("account_reset_password"), {"email": address})
        queries.append(len(asked))

    assert queries[0] == queries[1]
    assert [form.cleaned_data["email"] for form in later] == [
        officer.email,
        "nobody@congan.example",
    ]
    assert letters() == []


@pytest.mark.parametrize("with_addresses", [True, False])
def test_asking_for_a_reset_takes_the_same_steps_for_every_address(officer, with_addresses):
    """The queries, templates and letters of a known address and of an unknown one."""
    if not with_addresses:
        EmailAddress.objects.all().delete()
    steps = {}
    for address in (officer.email, "nobody@congan.example"):
        rendered = []
        template_rendered.connect(collect := lambda template, **_: rendered.append(template.name))  # noqa: B023
        with CaptureQueriesContext(connection) as asked:
            Client().post(reverse("account_reset_password"), {"email": address})
        template_rendered.disconnect(collect)
        shapes = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in asked]
        steps[address] = (shapes, rendered, [letter.to for letter in letters()] == [address])

    assert steps[officer.email] == steps["nobody@congan.example"]
    assert steps[officer.email][2]
    assert "account/email/unknown_account_message.txt" in steps[officer.email][1]


@pytest.mark.parametrize("failures", [1, 12])
@pytest.mark.parametrize("typed", ["son-tra.pho", "pho@congan.example"])
def test_a_wrong_password_takes_the_same_steps_for_every_name(officer, typed, failures):
    """Also beyond the number of failures that are recorded of a name that nobody has."""
    factories.ministry()
    steps = []
    for name in (typed, "khong.co.ai" if "@" not in typed else "khong@congan.example"):
        QuotaUse.objects.all().delete()
        for _ in range(failures):
            cache.clear()
            AccessAttempt.objects.all().delete()
            with CaptureQueriesContext(connection) as asked:
                Client().post(reverse("account_login"), {"login": name, "password": "sai mat khau"})
        steps.append(
            [query["sql"].split()[:3] for query in asked if "SAVEPOINT" not in query["sql"]]
        )

    assert len(steps[0]) == len(steps[1])
    assert [first[0] for first in steps[0]] == [first[0] for first in steps[1]]


def test_a_mail_server_that_is_away_shows_in_no_answer(officer, monkeypatch):
    monkeypatch.setattr(ResetPasswordRequestForm, "send", Mock(side_effect=OSError))

    answer = Client().post(reverse("account_reset_password"), {"email": officer.email})

    assert answer["Location"] == reverse("account_reset_password_done")


def add(client, address):
    return client.post(reverse("account_email"), {"action_add": "", "email": address})


def test_whoever_sits_at_an_unattended_desk_takes_nothing_over(desk, officer):
    answer = add(desk, "thief@evil.example")

    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(email="thief@evil.example").exists()
    assert ask_for_reset("thief@evil.example") == [("thief@evil.example", False)]


def test_an_address_that_nobody_proved_receives_no_link_and_cannot_become_the_first(
    client, officer
):
    client.force_login(officer)
    add(client, "thief@evil.example")

    client.post(reverse("account_email"), {"action_primary": "", "email": "thief@evil.example"})

    assert (
        EmailAddress.objects.filter(
            email="thief@evil.example", primary=False, verified=False
        ).count()
        == 1
    )
    assert ask_for_reset("thief@evil.example") == [("thief@evil.example", False)]
    assert ask_for_reset("pho@congan.example") == [("pho@congan.example", True)]
    assert User.objects.get(pk=officer.pk).email == "pho@congan.example"


def test_the_address_of_the_account_hears_of_one_that_is_added_and_of_one_that_is_removed(
    client, officer
):
    client.force_login(officer)
    add(client, "an.rieng@congan.example")
    body = [(letter.to, letter.subject) for letter in letters() if "was added" in letter.text]

    client.post(reverse("account_email"), {"action_remove": "", "email": "an.rieng@congan.example"})

    assert body == [("pho@congan.example", "An e-mail address was added to your account")]
    assert [letter.to for letter in letters()] == ["pho@congan.example"]


def test_the_old_address_hears_that_another_took_its_place(client, officer):
    client.force_login(officer)
    EmailAddress.objects.create(user=officer, email="moi@congan.example", verified=True)

    client.post(reverse("account_email"), {"action_primary": "", "email": "moi@congan.example"})

    assert User.objects.get(pk=officer.pk).email == "moi@congan.example"
    assert [letter.to for letter in letters()] == ["pho@congan.example"]


def test_the_owner_hears_of_a_new_password_and_every_other_session_ends(desk, officer):
    thief, owner = desk, Client()
    Client().post(reverse("account_reset_password"), {"email": "pho@congan.example"})
    link = link_in(letters()[-1])

    form = owner.get(link)["Location"]
    owner.post(form, {"password1": NEW, "password2": NEW})

    assert User.objects.get(pk=officer.pk).check_password(NEW)
    assert [letter.to for letter in letters()] == ["pho@congan.example"]
    assert not get_user(thief).is_authenticated


@pytest.mark.django_db(transaction=True)
def test_an_account_of_which_no_address_is_known_yet_hears_of_a_new_factor(client, officer):
    client.force_login(officer)
    EmailAddress.objects.all().delete()
    client.get(reverse("mfa_activate_totp"))

    client.post(reverse("mfa_activate_totp"), {"code": code_at(client.session["mfa.totp.secret"])})

    assert [letter.to for letter in letters()] == ["pho@congan.example"]


@pytest.mark.parametrize("way", ["forgotten", "changed"])
def test_a_new_password_is_asked_for_in_one_line_and_can_be_shown(client, officer, way):
    if way == "forgotten":
        client.post(reverse("account_reset_password"), {"email": "pho@congan.example"})
        address = link_in(letters()[-1])
    else:
        client.force_login(officer)
        address = reverse("account_change_password")

    form = client.get(address, follow=True).context["form"]

    assert form.fields["password1"].help_text == PASSWORD_HELP
    assert str(form).count("data-reveal=") == str(form).count('type="password"') > 1


def test_the_letter_of_a_forgotten_password_has_no_address_in_its_subject(client, officer):
    client.post(reverse("account_reset_password"), {"email": "pho@congan.example"})

    assert letters()[-1].subject == "Password Reset Email"
