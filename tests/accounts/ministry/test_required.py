"""Require the ministry's sign-in: nothing else opens an account; break-glass ones open, with an
alarm.
"""

from io import StringIO

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib.auth import get_user
from django.contrib.messages.middleware import MessageMiddleware
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.ministry import break_glass
from accounts.models import BreakGlassAccount, Invitation, Notice
from accounts.people import invitations, lifecycle
from accounts.permissions import Role
from audit.models import Entry
from core.errors import Refused
from core.models import Letter
from outreach_portal import guard
from tests import factories
from tests.accounts.conftest import linked, sign_in

pytestmark = pytest.mark.django_db
LOGIN, MFA = reverse("account_login"), reverse("mfa_authenticate")


@pytest.fixture
def required(ministry_server, settings):
    settings.OIDC_REQUIRED = True
    return ministry_server


@pytest.fixture
def emergency():
    """An administrator of the ministry whom the operator marked."""
    person = factories.person(Role.ADMINISTRATOR, factories.ministry())
    break_glass.mark(person, operator="Trực ban", reason="QĐ 12")
    return person


def by_password(client, person):
    return client.post(LOGIN, {"login": person.username, "password": factories.PASSWORD})


def test_a_right_password_is_answered_like_a_wrong_one(client, required):
    officer = factories.person(Role.OFFICER)

    right, wrong = (
        by_password(client, officer),
        client.post(LOGIN, {"login": officer.username, "password": "sai"}),
    )

    assert [page.context["form"].errors for page in (right, wrong)] == [
        wrong.context["form"].errors
    ] * 2
    assert not get_user(client).is_authenticated


def test_while_it_is_not_required_passwords_work_beside_it(client, ministry_server):
    officer = factories.person(Role.OFFICER)
    by_password(client, officer)

    assert get_user(client) == officer


def test_required_without_an_issuer_requires_nothing(client, settings):
    cache.clear()
    settings.OIDC_ISSUER, settings.OIDC_REQUIRED = "", True
    officer = factories.person(Role.OFFICER)
    by_password(client, officer)

    assert get_user(client) == officer


def _enter_by(client, person, **facts):
    """Take the library's own last step of every way in, a passkey's too."""
    request = RequestFactory().get("/")
    request.session, request.user = client.session, get_user(client)
    MessageMiddleware(lambda _: None).process_request(request)
    person.backend = "accounts.backends.PasswordBackend"
    record_authentication(request, person, method="mfa", type="webauthn", passwordless=True)
    response = perform_login(request, person, **facts)
    return response, request.user


def test_a_passkey_alone_does_not_open_it_either(client, required):
    person = factories.person(Role.APPROVER)

    response, user = _enter_by(client, person)

    assert (response["Location"], user.is_authenticated) == (
        reverse("accounts:ministry_required"),
        False,
    )
    assert client.get(response["Location"]).status_code == 403


def test_the_ministrys_sign_in_opens_it(client, required):
    officer = factories.person(Role.OFFICER)
    linked(officer, required.url)
    sign_in(client, required)

    assert get_user(client) == officer


def test_an_invitation_opens_nothing_and_its_letter_sends_to_the_ministry(client, required):
    admin = factories.person(Role.ADMINISTRATOR, factories.ministry())
    unit = factories.UnitFactory()
    person = invitations.invite(
        full_name="B", email="b@congan.example", unit=unit, role="officer", by=admin
    )
    text = Letter.objects.get(to=person.email).text
    Invitation.objects.update(secret_hash=Invitation.hash_of("loi-moi"))

    answer = client.post(
        reverse("accounts:accept_invitation", args=["loi-moi"]),
        {"password1": factories.PASSWORD, "password2": factories.PASSWORD},
    )

    assert ("/invitation/" in text, LOGIN in text) == (False, True)
    person.refresh_from_db()
    assert (answer.status_code, person.has_usable_password()) == (400, False)


def test_no_password_is_a_step_up(client, required, proof_is_old):
    officer = factories.person(Role.OFFICER)
    linked(officer, required.url)
    sign_in(client, required)
    proof_is_old(client)
    again = reverse("accounts:ministry_again")

    assert client.get(reverse("account_reauthenticate")).headers["Location"] == again
    sent = client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
    assert sent.headers["Location"] == again
    assert client.get(reverse("mfa_activate_totp")).headers["Location"] == again


def test_who_has_a_factor_steps_up_by_it_and_not_by_the_password(client, required, proof_is_old):
    person = factories.person(Role.APPROVER)
    linked(person, required.url)
    sign_in(client, required)
    client.post(MFA, {"code": factories.code()})
    proof_is_old(client)

    client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})

    assert client.session["stepped_up_at"] < timezone.now().timestamp() - 300


# --- Break glass ----------------------------------------------------------------------------------


def test_a_break_glass_account_opens_with_both_factors_and_an_alarm(
    client, required, emergency, settings
):
    colleague = factories.person(Role.ADMINISTRATOR, factories.ministry())
    operator = factories.operator()
    province = factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory())
    Notice.objects.all().delete()
    settings.ALARM_EMAILS = ["truc@example.vn"]

    assert by_password(client, emergency)["Location"] == MFA
    assert Notice.objects.count() == 0
    client.post(MFA, {"code": factories.code()})

    assert get_user(client) == emergency
    notices = set(Notice.objects.filter(kind="break_glass_opened").values_list("user", flat=True))
    assert notices == {emergency.pk, colleague.pk, operator.pk}
    assert province.pk not in notices
    assert Letter.objects.filter(to="truc@example.vn").count() == 1
    assert Entry.objects.get(action="sign_in.break_glass").actor_id == emergency.pk


def test_it_raises_no_alarm_by_the_ministry_nor_where_that_is_off(
    client, ministry_server, emergency, settings
):
    linked(emergency, ministry_server.url)
    sign_in(client, ministry_server)
    client.post(MFA, {"code": factories.code()})
    client.logout()
    settings.OIDC_ISSUER = ""
    by_password(client, emergency)
    client.post(MFA, {"code": factories.code()})

    assert (get_user(client), Entry.objects.filter(action="sign_in.break_glass").count()) == (
        emergency,
        0,
    )


def _marked(act, person, **options):
    out = StringIO()
    call_command("break_glass", act, person.username, stdout=out, **options)
    return out.getvalue()


def test_the_command_marks_lists_and_unmarks_on_record(ministry_server):
    person = factories.person(Role.ADMINISTRATOR, factories.ministry())
    why = {"operator": "Trực ban", "reason": "QĐ 12"}

    assert "1 would open" in _marked("mark", person, **why)
    assert person.username in _marked("list", person)
    assert "0 would open" in _marked("unmark", person, **why)

    entries = Entry.objects.order_by("pk").values_list("action", "reason")
    assert [*entries] == [
        ("account.break_glass_marked", "Trực ban: QĐ 12"),
        ("account.break_glass_unmarked", "Trực ban: QĐ 12"),
    ]
    kinds = list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["break_glass_marked", "break_glass_unmarked"]


@pytest.mark.parametrize(
    ("role", "factor", "options"),
    [
        (Role.OFFICER, True, {"operator": "A", "reason": "B"}),
        (Role.ADMINISTRATOR, False, {"operator": "A", "reason": "B"}),
        (Role.ADMINISTRATOR, True, {"operator": "", "reason": "B"}),
        (Role.ADMINISTRATOR, True, {"operator": "A", "reason": " "}),
    ],
)
def test_what_the_command_refuses_to_mark(role, factor, options):
    with pytest.raises(CommandError):
        _marked("mark", factories.person(role, factories.ministry(), factor=factor), **options)
    assert BreakGlassAccount.objects.count() == 0


def test_the_last_one_is_neither_unmarked_nor_disabled(required, emergency):
    admin = factories.person(Role.ADMINISTRATOR, factories.ministry())

    with pytest.raises(CommandError, match="last break-glass"):
        _marked("unmark", emergency, operator="A", reason="B")
    with pytest.raises(Refused, match="last break-glass"):
        lifecycle.disable(emergency, by=admin, reason="Nghỉ hưu")

    break_glass.mark(admin, operator="A", reason="B")
    lifecycle.disable(emergency, by=admin, reason="Nghỉ hưu")
    assert break_glass.count_usable() == 1


def test_an_installation_without_a_way_in_does_not_start(required):
    with pytest.raises(ImproperlyConfigured, match="break_glass mark"):
        guard.refuse_without_break_glass()
    with pytest.raises(CommandError, match="needs a break-glass account"):
        call_command("check_ministry_sign_in", stdout=StringIO())


def test_with_one_it_starts_and_the_check_names_the_servers_addresses(required, emergency):
    guard.refuse_without_break_glass()
    out = StringIO()
    call_command("check_ministry_sign_in", stdout=out)

    assert f"token_endpoint: {required.url}/token" in out.getvalue()
    assert "1 keys" in out.getvalue()


def test_the_check_says_that_the_server_does_not_answer_or_that_it_is_off(
    ministry_server, settings
):
    ministry_server.lies["keys"] = lambda handler: handler.send({}, status=500)
    with pytest.raises(CommandError, match="keys: 500"):
        call_command("check_ministry_sign_in", stdout=StringIO())
    settings.OIDC_ISSUER = ""
    with pytest.raises(CommandError, match="is off"):
        call_command("check_ministry_sign_in")
