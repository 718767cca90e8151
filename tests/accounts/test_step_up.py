"""Grave acts ask for a passkey or a one-time code of the last five minutes, and lose nothing that
was typed.
"""

import html
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone
from django.utils.translation import override

from accounts.models import User
from accounts.permissions import Role
from accounts.sign_in.session_store import hash_key
from accounts.step_up import PENDING_BYTES, STEPPED_UP_AT
from publishing.models import Pause
from tests import factories

pytestmark = pytest.mark.django_db
# "Approve “…” and publish it now on …"; what connects a page is typed again, and waits nowhere.
NAME_IT_THEMSELVES = {"review", "approve", "connect"}
CODE_PAGE = "/accounts/2fa/reauthenticate/"
PASSWORD_PAGE = "/accounts/reauthenticate/"


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests():
    cache.clear()


@pytest.fixture
def administrator(client, proof_is_old):
    """One at the ministry, whose session proved a code six minutes ago."""
    person = factories.person(Role.ADMINISTRATOR, factories.ministry(), language="en")
    client.force_login(person)
    proof_is_old(client)
    return person


@pytest.fixture
def officer():
    return factories.person(Role.OFFICER)


def enter_code(client, code=None):
    return client.post(CODE_PAGE, {"code": code or factories.code()})


def pending_fields(client):
    page = client.get(reverse("accounts:pending_form"))
    return page.context["path"], dict(page.context["fields"])


def test_a_form_sent_after_the_proof_grew_old_is_kept_and_sent_after_the_code(
    client, administrator, officer
):
    address = reverse("accounts:disable", args=[officer.public_id])

    asked = client.post(address, {"reason": "Chuyển công tác, nghỉ từ “thứ hai”"})

    officer.refresh_from_db()
    assert (asked["Location"], officer.is_active) == (CODE_PAGE, True)
    proved = enter_code(client)
    assert proved["Location"] == reverse("accounts:pending_form")
    assert User.objects.get(pk=officer.pk).is_active  # nothing is done before the person says so
    path, fields = pending_fields(client)
    assert (path, fields) == (address, {"reason": "Chuyển công tác, nghỉ từ “thứ hai”"})
    button = f"Disable the account ({officer})"
    assert client.get(proved["Location"]).text.count(button) >= 2  # the heading and the button
    client.post(path, fields)
    assert not User.objects.get(pk=officer.pk).is_active
    assert (
        client.get(reverse("accounts:pending_form")).status_code == 302
    )  # sent: nothing waits any more


def find_guarded_views(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from find_guarded_views(pattern.url_patterns)
        elif hasattr(pattern.callback, "step_up_act"):
            yield pattern, pattern.callback


def test_every_act_that_asks_for_a_proof_is_named_in_vietnamese():
    acts = {
        pattern.name: view.step_up_act
        for pattern, view in find_guarded_views(get_resolver().url_patterns)
    }

    assert len(acts) > 60
    with override("en"):
        english = {name: str(act) for name, act in acts.items() if not callable(act)}
    with override("vi"):
        unnamed = [name for name, words in english.items() if str(acts[name]) in ("", words)]
    assert unnamed == []


def test_every_act_on_one_thing_names_it_after_the_proof():
    """“End the pause” alone does not tell who was called away which pause ends."""
    guarded = find_guarded_views(get_resolver().url_patterns)
    on_one_thing = [(pattern.name, view) for pattern, view in guarded if pattern.pattern.converters]

    assert len(on_one_thing) > 40
    assert [
        name
        for name, view in on_one_thing
        if view.step_up_of is None and name not in NAME_IT_THEMSELVES
    ] == []


def test_the_form_that_waits_names_the_page_that_is_disconnected(
    client, administrator, proof_is_old
):
    channel = factories.ChannelFactory(unit=administrator.current_appointments[0].unit)
    proof_is_old(client)

    client.post(reverse("channels:disconnect", args=[channel.public_id]), {"reason": "Trang cũ"})

    asked = enter_code(client)
    assert f"Disconnect the channel ({channel})" in client.get(asked["Location"]).text


def test_the_form_that_waits_names_the_post_and_its_channels(client, proof_is_old):
    unit = factories.UnitFactory()
    leader = factories.person(Role.APPROVER, unit, language="en")
    channels = [factories.ChannelFactory(unit=unit, platform=x) for x in ("facebook", "threads")]
    post = factories.submitted(unit=unit, channels=channels)
    client.force_login(leader)
    proof_is_old(client)

    client.post(reverse("publishing:review", args=[post.public_id]), {"decision": "now"})
    asked = enter_code(client)

    button = f"Approve “{post}” and publish it now on Facebook, Threads"
    page = client.get(asked["Location"]).text
    assert page.count(button) >= 2  # the heading and the button


def test_a_page_asked_for_after_the_proof_grew_old_opens_after_the_code(client, administrator):
    address = reverse("accounts:invite") + "?unit=x&unit=y"

    assert client.get(address)["Location"] == CODE_PAGE

    assert enter_code(client)["Location"] == address
    assert client.get(address).status_code == 200


def test_a_wrong_code_opens_nothing(client, administrator, officer):
    client.post(reverse("accounts:disable", args=[officer.public_id]), {"reason": "x"})

    answer = enter_code(client, "000000")

    assert answer.status_code == 200
    assert client.get(reverse("accounts:invite"))["Location"] == CODE_PAGE


def test_the_password_is_no_proof_for_somebody_who_has_a_factor(client, administrator):
    client.get(reverse("accounts:invite"))

    answer = client.post(PASSWORD_PAGE, {"password": factories.PASSWORD})

    assert urlsplit(answer["Location"]).path == CODE_PAGE
    assert client.get(reverse("accounts:invite"))["Location"] == CODE_PAGE


def test_the_password_is_the_proof_of_somebody_without_a_factor(client, proof_is_old):
    article = factories.live_delivery()
    client.force_login(factories.person(Role.OFFICER, article.unit))
    proof_is_old(client)
    address = reverse("publishing:broadcast_ask", args=[article.public_id])

    assert client.get(address)["Location"] == PASSWORD_PAGE
    assert client.post(PASSWORD_PAGE, {"password": "sai mat khau"}).status_code == 200
    assert client.get(address)["Location"] == PASSWORD_PAGE
    assert client.post(PASSWORD_PAGE, {"password": factories.PASSWORD})["Location"] == address

    assert client.get(address).status_code == 200


def test_a_sign_in_with_the_code_counts_for_five_minutes(client):
    person = factories.person(Role.ADMINISTRATOR, factories.ministry())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post(
            reverse("account_login"), {"login": person.username, "password": factories.PASSWORD}
        )
        assert not get_user(client).is_authenticated
        client.post(reverse("mfa_authenticate"), {"code": factories.code()})
        assert get_user(client) == person

        clock.shift(timedelta(seconds=299))
        assert client.get(reverse("accounts:invite")).status_code == 200
        clock.shift(timedelta(seconds=2))
        assert client.get(reverse("accounts:invite"))["Location"] == CODE_PAGE


def test_a_code_serves_once(client, administrator):
    code = factories.code()
    client.get(reverse("accounts:invite"))
    enter_code(client, code)
    session = client.session
    session[STEPPED_UP_AT] = 0
    session.save()

    client.get(reverse("accounts:invite"))
    enter_code(client, code)

    assert client.get(reverse("accounts:invite"))["Location"] == CODE_PAGE


def test_the_session_gets_a_new_key_with_the_proof(client, administrator):
    client.get(reverse("accounts:me"))
    before = client.session.session_key
    thief = Client()
    thief.cookies["sessionid"] = before
    client.get(reverse("accounts:invite"))

    enter_code(client)

    assert client.session.session_key != before
    assert not get_user(thief).is_authenticated
    assert [row.pk for row in administrator.sessions.all()] == [
        hash_key(client.session.session_key)
    ]


def test_htmx_is_sent_to_the_proof_as_a_whole_page(client, administrator, officer):
    address = reverse("accounts:disable", args=[officer.public_id])

    answer = client.post(address, {"reason": "x"}, headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (200, CODE_PAGE)


def test_what_is_too_large_is_not_kept_and_the_person_is_informed(client, administrator, officer):
    address = reverse("accounts:disable", args=[officer.public_id])

    client.post(address, {f"reason-{n}": "x" * (PENDING_BYTES // 4) for n in range(4)})

    assert "step_up_act" not in client.session
    assert "are not kept" in client.get(CODE_PAGE).content.decode()


def test_what_waits_is_gone_after_five_minutes(client, administrator, officer):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post(reverse("accounts:disable", args=[officer.public_id]), {"reason": "x"})
        clock.shift(timedelta(minutes=4, seconds=59))
        enter_code(client)
        assert pending_fields(client)[1] == {"reason": "x"}
        clock.shift(timedelta(seconds=1))

        assert client.get(reverse("accounts:pending_form"))["Location"] == "/"


def way_back(page):
    """Return where the link leads by which somebody gives up."""
    found = re.search(r'href="([^"]*)">\s*Do not (?:go on|do it)', page.content.decode())
    return html.unescape(found[1])


@pytest.fixture
def person_page(officer):
    """The page from which an administrator disables an account, with a filter in its address."""
    return reverse("accounts:person", args=[officer.public_id]) + "?a=1&b=2"


def sent_from(page):
    return {"Referer": f"http://testserver{page}"}


def test_who_does_not_prove_a_factor_returns_to_the_page_of_the_thing(
    client, administrator, officer, person_page
):
    act = reverse("accounts:appoint", args=[officer.public_id])

    asked = client.get(act, headers=sent_from(person_page))["Location"]
    assert way_back(client.get(asked, headers=sent_from(person_page))) == person_page
    assert way_back(enter_code(client, "000000")) == person_page

    # Proved, opened, filled in until the proof was old again: the form would only ask once more.
    client.post(act, {"reason": "x"}, headers=sent_from(act))
    assert way_back(client.get(CODE_PAGE)) == person_page
    enter_code(client)
    assert way_back(client.get(reverse("accounts:pending_form"))) == person_page


def test_a_form_opened_in_time_remembers_the_page_that_led_to_it(
    client, administrator, officer, person_page, proof_is_old
):
    act = reverse("accounts:appoint", args=[officer.public_id])
    client.get(reverse("accounts:invite"))
    enter_code(client)
    assert client.get(act, headers=sent_from(person_page)).status_code == 200
    proof_is_old(client)

    client.post(act, {"reason": "x"}, headers=sent_from(act))

    assert way_back(client.get(CODE_PAGE)) == person_page


def test_a_form_that_opens_without_a_proof_is_returned_to(client, proof_is_old):
    unit = factories.UnitFactory().parent
    client.force_login(factories.person(Role.OVERSEER, unit, language="en"))
    proof_is_old(client)
    form = reverse("publishing:pause_new") + f"?unit={unit.key}"
    sent = {"reason": "Xác minh", "when": "now", "scope": "all"}

    client.post(form, sent, headers=sent_from(form))

    assert way_back(client.get(CODE_PAGE)) == form


@pytest.mark.parametrize(
    "page", ["", "https://elsewhere.example/", "http://testserver/no/such/page/", CODE_PAGE]
)
def test_who_came_from_no_page_of_the_portal_returns_to_today(
    client, administrator, officer, person_page, page
):
    other = factories.person(Role.OFFICER)
    client.get(reverse("accounts:appoint", args=[other.public_id]), headers=sent_from(person_page))
    headers = {"Referer": page} if page.startswith("http") else sent_from(page) if page else {}

    client.get(reverse("accounts:appoint", args=[officer.public_id]), headers=headers)

    assert way_back(client.get(CODE_PAGE)) == "/"


def test_who_does_not_go_on_to_a_new_factor_returns_to_the_own_factors(client, administrator):
    asked = client.get(reverse("mfa_activate_totp"))["Location"]

    assert way_back(client.get(asked, follow=True)) == reverse("mfa_index")
    assert way_back(client.get(reverse("accounts:ministry_again"))) == reverse("mfa_index")


def test_a_pause_of_a_province_asks_and_one_of_a_commune_does_not(client, proof_is_old):
    commune = factories.UnitFactory()
    overseer = factories.person(Role.OVERSEER, commune.parent)
    client.force_login(overseer)
    proof_is_old(client)
    form = {"reason": "Xác minh", "when": "now", "scope": "all"}

    wide = client.post(reverse("publishing:pause_new") + f"?unit={commune.parent.key}", form)
    narrow = client.post(reverse("publishing:pause_new") + f"?unit={commune.key}", form)

    assert wide["Location"] == CODE_PAGE
    assert [pause.unit for pause in Pause.objects.all()] == [commune], narrow


@pytest.mark.parametrize(("pages", "asked"), [(1, False), (2, True)])
def test_taking_down_more_than_one_page_asks(client, proof_is_old, pages, asked):
    unit = factories.UnitFactory()
    channels = [factories.ChannelFactory(unit=unit) for _ in range(pages)]
    post = factories.approved(unit=unit, channels=channels)
    for channel in channels:
        factories.delivery(
            post, channel, state="published", remote_id=channel.handle, published_at=timezone.now()
        )
    client.force_login(factories.person(Role.APPROVER, unit))
    proof_is_old(client)

    answer = client.get(reverse("publishing:withdraw", args=[post.public_id]))

    assert answer.status_code == (302 if asked else 200)


GRAVE = {
    "accounts:reset_second_factor",
    "accounts:confirm_recovery",
    "accounts:factor_day",
    "accounts:invite",
    "accounts:invite_again",
    "accounts:appoint",
    "accounts:end_post",
    "accounts:disable",
    "accounts:enable",
    "accounts:correct",
    "accounts:import",
    "accounts:import_preview",
    "accounts:recovery_codes",
    "accounts:sessions",
    "channels:connect",
    "publishing:recall_campaign",
    "publishing:broadcast_ask",
    "publishing:broadcast_confirm",
    "operations:freeze",
    "operations:release",
}


@pytest.mark.parametrize("name", sorted(GRAVE))
def test_every_grave_act_asks(client, administrator, name):
    arguments = {"channels:connect": ["facebook"]}.get(
        name, ["00000000-0000-0000-0000-000000000001"]
    )
    whole = {
        "accounts:factor_day",
        "accounts:invite",
        "accounts:import",
        "accounts:import_preview",
        "accounts:recovery_codes",
        "accounts:sessions",
        "operations:freeze",
        "operations:release",
    }

    answer = client.post(reverse(name, args=[] if name in whole else arguments))

    assert answer.headers.get("Location") == CODE_PAGE


def test_codes_are_not_guessed_from_many_addresses(client):
    person = factories.person(Role.APPROVER)
    right = factories.code()
    client.post(
        reverse("account_login"), {"login": person.username, "password": factories.PASSWORD}
    )
    for n in range(10):
        client.post(reverse("mfa_authenticate"), {"code": f"{n:06}"}, REMOTE_ADDR=f"203.0.113.{n}")

    client.post(reverse("mfa_authenticate"), {"code": right}, REMOTE_ADDR="203.0.113.99")

    assert not get_user(client).is_authenticated
