"""Signing in by the ministry: what is asked of its server, what is believed, and what happens when
it lies or hangs.
"""

import base64
import gzip
import hmac
import json
import logging
import threading
import time
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
import time_machine
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from joserfc.jwk import RSAKey

from accounts.ministry import provider
from accounts.models import MinistryIdentity, MinistryRequest
from accounts.permissions import Role
from accounts.step_up import STEPPED_UP_AT
from audit.models import Entry
from tests import factories
from tests.accounts.conftest import begin, come_back, linked, sign_in
from tests.accounts.ministry.server import CLIENT, SECRET

pytestmark = pytest.mark.django_db
LOGIN, MFA = reverse("account_login"), reverse("mfa_authenticate")


@pytest.fixture
def officer(ministry_server):
    person = factories.person(Role.OFFICER)
    linked(person, ministry_server.url)
    return person


def is_out(client):
    return not get_user(client).is_authenticated


# --- A server that nobody here wrote --------------------------------------------------------------


@pytest.fixture
def real_server(settings, monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    cache.clear()
    users = [
        oidc_provider_mock.User(
            sub="s-1", claims={"name": "Trần Thị Bình", "acr": "mfa", "email": "x@y.example"}
        )
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=users, require_nonce=True) as server:
        url = f"http://localhost:{server.server_port}"
        redirect = settings.PORTAL_URL + reverse("accounts:ministry_callback")
        registered = requests.post(
            f"{url}/oauth2/clients", json={"redirect_uris": [redirect]}, timeout=10
        ).json()
        settings.OIDC_ISSUER = url
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = (
            registered["client_id"],
            registered["client_secret"],
        )
        yield url


def agree_on_page(address, subject="s-1"):
    page = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(page.headers["Location"]).query).items()
    }


def test_a_linked_person_signs_in_at_a_real_server(client, real_server):
    person = factories.person(Role.OFFICER)
    linked(person, real_server)

    answer = come_back(client, agree_on_page(begin(client)))

    assert (answer.status_code, answer["Location"], get_user(client)) == (302, "/", person)
    assert Entry.objects.get(action="sign_in.by_ministry").actor_id == person.pk
    assert MinistryIdentity.objects.get().used_at is not None


def test_a_real_servers_refusal_signs_nobody_in(client, real_server):
    address = begin(client)
    page = requests.post(address, data={"action": "deny"}, allow_redirects=False, timeout=10)
    query = parse_qs(urlsplit(page.headers["Location"]).query)
    state = parse_qs(urlsplit(address).query)["state"][0]

    answer = come_back(client, {"error": query["error"][0], "state": state})

    assert (answer.status_code, answer.context["why"], is_out(client)) == (400, "cancelled", True)


# --- The question ---------------------------------------------------------------------------------


def test_the_button_stands_on_the_page_only_where_the_sign_in_is_configured(client, settings):
    settings.OIDC_ISSUER = ""
    start = reverse("accounts:ministry_start")
    off = client.get(LOGIN).content.decode()
    assert (start in off, client.post(start)["Location"]) == (False, "/")
    assert (
        client.get(reverse("accounts:ministry_callback"), {"code": "x", "state": "y"})["Location"]
        == "/"
    )

    settings.OIDC_ISSUER = "https://dangnhap.bca.example"
    assert start in client.get(LOGIN).content.decode()


def test_the_question_bears_pkce_a_nonce_a_state_and_nothing_from_the_query(
    client, ministry_server, settings
):
    settings.OIDC_ACR = ["mfa", "gold"]
    start = reverse("accounts:ministry_start") + "?scope=evil&prompt=none&auth_params=prompt=none"

    first, second = (client.post(start, {"scope": "evil"}) for _ in range(2))
    query, later = (parse_qs(urlsplit(page.context["address"]).query) for page in (first, second))

    assert {
        name: query[name] for name in query if name not in {"state", "nonce", "code_challenge"}
    } == {
        "response_type": ["code"],
        "client_id": [CLIENT],
        "redirect_uri": [settings.PORTAL_URL + reverse("accounts:ministry_callback")],
        "scope": ["openid profile"],
        "code_challenge_method": ["S256"],
        "max_age": ["300"],
        "acr_values": ["mfa gold"],
    }
    assert all(
        len(query[name][0]) == 43 and query[name] != later[name]
        for name in ("state", "nonce", "code_challenge")
    )
    assert first["Refresh"] == f"0; url={first.context['address']}"


def test_at_a_shared_computer_the_ministry_asks_for_the_password_again(
    client, officer, ministry_server
):
    address = begin(client, shared="on")

    assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
    come_back(client, ministry_server.agree(address))
    assert client.session["shared"] is True


def test_a_sign_in_begins_with_a_press_of_the_button_on_our_own_page(ministry_server):
    start = reverse("accounts:ministry_start")

    assert Client().get(start).status_code == 405
    assert Client(enforce_csrf_checks=True).post(start).status_code == 403
    assert ministry_server.asked == []


def test_one_address_begins_no_more_than_two_sign_ins_a_second(
    client, ministry_server, monkeypatch
):
    monkeypatch.setattr("accounts.views.ministry_sign_in.STARTS", 2)

    with time_machine.travel(timezone.now(), tick=False):
        assert [client.post(reverse("accounts:ministry_start")).status_code for _ in range(3)] == [
            200,
            200,
            429,
        ]


# --- The answer -----------------------------------------------------------------------------------


def test_the_session_gets_a_new_key_and_leads_where_the_person_wanted(
    client, officer, ministry_server
):
    address = begin(client, next="/posts/")
    key = client.session.session_key

    answer = come_back(client, ministry_server.agree(address))

    assert (answer["Location"], get_user(client)) == ("/posts/", officer)
    assert client.session.session_key != key


@pytest.mark.parametrize(
    "requested", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_it_leads_to_no_other_site(client, officer, ministry_server, requested):
    answer = come_back(client, ministry_server.agree(begin(client, next=requested)))

    assert (answer["Location"], get_user(client)) == ("/", officer)


def test_an_answer_is_taken_once_in_the_browser_that_asked_and_within_ten_minutes(
    client, officer, ministry_server
):
    answer = ministry_server.agree(begin(client))
    stranger = Client()

    assert come_back(stranger, answer).context["why"] == "late"
    assert come_back(client, {**answer, "state": "x" * 43}).context["why"] == "late"
    assert (
        come_back(client, answer).context["why"] == "late"
    )  # the false state used the question up
    with time_machine.travel(timezone.now(), tick=False) as clock:
        late = ministry_server.agree(begin(client))
        clock.shift(601)
        assert come_back(client, late).context["why"] == "late"
    assert is_out(client)
    assert is_out(stranger)
    assert "token" not in ministry_server.asked

    fresh = ministry_server.agree(begin(client))
    come_back(client, fresh)
    assert get_user(client) == officer
    client.logout()
    assert (come_back(client, fresh).context["why"], is_out(client)) == ("late", True)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://other.example"}, "unproved"),
        ({"state": ["a", "b"]}, "unclear"),
        ({"code": "c" * 5000}, "unclear"),
        ({"code": ""}, "declined"),
        ({"error": "server_error"}, "declined"),
        ({"code": "never given"}, "declined"),
    ],
)
def test_an_answer_that_is_not_the_servers_signs_nobody_in(
    client, officer, ministry_server, changes, why
):
    answer = come_back(client, {**ministry_server.agree(begin(client)), **changes})

    assert (answer.context["why"], is_out(client)) == (why, True)
    assert LOGIN in answer.content.decode()


def test_a_code_that_was_asked_for_by_somebody_else_is_refused_by_its_challenge(
    client, officer, ministry_server
):
    thief = Client()
    stolen = ministry_server.agree(begin(client))["code"]
    state = parse_qs(urlsplit(begin(thief)).query)["state"][0]

    answer = come_back(thief, {"code": stolen, "state": state})

    assert (answer.context["why"], is_out(thief)) == ("declined", True)


def _token_of(header, claims, sign):
    """Make a token that no decent library makes."""
    parts = [
        _encoded(json.dumps(part).encode())
        for part in ({"typ": "JWT", "kid": "a", **header}, claims)
    ]
    return ".".join([*parts, _encoded(sign(".".join(parts).encode()))])


def _encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unsigned(server, claims):
    return _token_of({"alg": "none"}, claims, lambda text: b"")


def _by_secret(server, claims):
    return _token_of(
        {"alg": "HS256"}, claims, lambda text: hmac.digest(SECRET.encode(), text, "sha256")
    )


def _by_public_key(server, claims):
    key = server.keys[0].as_pem(private=False)
    return _token_of({"alg": "HS256"}, claims, lambda text: hmac.digest(key, text, "sha256"))


def _with_a_condition(server, claims):
    sign = server.keys[0].private_key.sign
    rs256 = lambda text: sign(text, padding.PKCS1v15(), hashes.SHA256())  # noqa: E731
    return _token_of({"alg": "RS256", "crit": ["x"], "x": 1}, claims, rs256)


def _by_another_algorithm(server, claims):
    sign = server.keys[0].private_key.sign
    rs512 = lambda text: sign(text, padding.PKCS1v15(), hashes.SHA512())  # noqa: E731
    return _token_of({"alg": "RS512"}, claims, rs512)


def _changed_after(server, claims):
    head, _body, signature = server.sign(claims).split(".")
    return f"{head}.{_encoded(json.dumps({**claims, 'sub': 's-2'}).encode())}.{signature}"


def _own_key_inside(server, claims):
    return server.sign(claims, server.keys[1], jwk=server.keys[1].as_dict(private=False))


@pytest.mark.parametrize(
    "make",
    [
        _unsigned,
        _by_secret,
        _by_public_key,
        _changed_after,
        _own_key_inside,
        lambda server, claims: server.sign(claims, server.keys[1]),
        lambda server, claims: server.sign(claims, server.keys[1], kid="b"),
        _by_another_algorithm,
        _with_a_condition,
        lambda server, claims: server.sign({**claims, "long": "x" * 20_000}),
        lambda server, claims: server.sign(claims)[:-8],
        lambda server, claims: "no.token.at-all",
        lambda server, claims: "đ.đ.đ",
        lambda server, claims: server.sign(claims) + ".x.y",
    ],
)
def test_a_token_that_the_servers_key_did_not_sign_proves_nobody(
    client, officer, ministry_server, make
):
    ministry_server.token = lambda claims: make(ministry_server, claims)

    answer = sign_in(client, ministry_server)

    assert (answer.status_code, answer.context["why"], is_out(client)) == (403, "unproved", True)
    assert (
        Entry.objects.filter(action="sign_in.unproved").count(),
        MinistryRequest.objects.count(),
    ) == (1, 0)


NOW = int(time.time())


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": [CLIENT, "another client"]},
        {"aud": None},
        {"azp": "another client"},
        {"exp": NOW - 3600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": NOW + 86400},
        {"iat": None},
        {"nbf": NOW + 86400},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"auth_time": None},
        {"auth_time": True},
        {"auth_time": NOW - 7200},
        {"auth_time": NOW + 86400},
        {"sub": None},
        {"sub": 1},
        {"sub": ""},
        {"sub": "s" * 256},
        {"sub": "s-1\n"},
        {"sub": "đ"},
    ],
    ids=str,
)
def test_a_signed_token_with_a_claim_that_does_not_fit_proves_nobody(
    client, officer, ministry_server, changes
):
    ministry_server.changes = changes

    answer = sign_in(client, ministry_server)

    assert (answer.context.get("why"), is_out(client), MinistryRequest.objects.count()) == (
        "unproved",
        True,
        0,
    )


def test_a_list_that_holds_the_nonce_is_no_nonce(client, officer, ministry_server):
    ministry_server.token = lambda claims: ministry_server.sign(
        {**claims, "nonce": ["x", claims["nonce"]]}
    )

    assert (sign_in(client, ministry_server).context["why"], is_out(client)) == ("unproved", True)


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_a_short_key_proves_nobody(client, officer, ministry_server):
    short = RSAKey.generate_key(1024, {"kid": "short"}, auto_kid=False)
    ministry_server.published = [short.as_dict(private=False)]
    ministry_server.token = lambda claims: ministry_server.sign(claims, short, kid="short")

    assert (sign_in(client, ministry_server).context["why"], is_out(client)) == ("unproved", True)


def test_a_token_without_a_keys_name_is_believed_only_where_there_is_one_key(
    client, officer, ministry_server
):
    ministry_server.token = lambda claims: ministry_server.sign(claims, kid="")
    sign_in(client, ministry_server)
    assert get_user(client) == officer
    client.logout()
    cache.clear()

    ministry_server.published = [key.as_dict(private=False) for key in ministry_server.keys]

    assert (sign_in(client, ministry_server).context["why"], is_out(client)) == ("unproved", True)


@pytest.mark.parametrize(
    "key",
    [{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}, {"kty": "RSA", "kid": "a"}, {"kid": "a"}, "a"],
)
def test_a_key_that_is_none_proves_nobody(client, officer, ministry_server, key):
    ministry_server.published = [key]

    assert (sign_in(client, ministry_server).context["why"], is_out(client)) == ("unproved", True)


# --- A server that does not answer ----------------------------------------------------------------


def _hang(handler):
    handler.server.ministry.released.wait(30)


def _hang_in_the_middle(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.wfile.flush()
    _hang(handler)


LIES = [
    _hang,
    _hang_in_the_middle,
    lambda handler: handler.send({"filler": "x" * 400_000}),
    lambda handler: handler.send(
        {}, status=302, Location=f"{handler.server.ministry.url}/elsewhere"
    ),
    lambda handler: handler.send({}, status=500),
    lambda handler: handler.send(b"<html>"),
    lambda handler: handler.send(b"[" * 50_000),
    lambda handler: handler.send([1, 2]),
    lambda handler: handler.send(gzip.compress(b" " * 5_000_000 + b"{}"), Content_Encoding="gzip"),
    lambda handler: handler.send({"issuer": "https://other.example"}),
]


@pytest.mark.parametrize("path", ["openid-configuration", "keys", "token"])
@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_a_server_that_fails_signs_nobody_in_and_the_page_names_the_way_out(
    client, officer, ministry_server, monkeypatch, path, lie
):
    monkeypatch.setattr(provider, "SECONDS", 0.4)
    ministry_server.lies[path] = lie

    started = client.post(reverse("accounts:ministry_start"))
    answer = started
    if started.status_code == 200:
        answer = come_back(client, ministry_server.agree(started.context["address"]))

    assert (answer.status_code, answer.context["why"], is_out(client)) == (503, "away", True)
    assert LOGIN in answer.content.decode()
    assert "elsewhere" not in ministry_server.asked


def test_a_server_that_failed_is_not_asked_again_by_the_next_person(client, ministry_server):
    ministry_server.lies["openid-configuration"] = lambda handler: handler.send({}, status=500)
    start = reverse("accounts:ministry_start")

    assert [Client().post(start).status_code for _ in range(3)] == [503] * 3
    assert ministry_server.asked == ["openid-configuration"]


def test_a_made_up_code_that_the_server_stumbles_over_shuts_nobody_else_out(
    client, officer, ministry_server
):
    ministry_server.lies["token"] = lambda handler: handler.send(b"<html>", status=500)
    stranger = Client()
    state = parse_qs(urlsplit(begin(stranger)).query)["state"][0]
    assert come_back(stranger, {"code": "made up", "state": state}).context["why"] == "away"

    del ministry_server.lies["token"]
    sign_in(client, ministry_server)

    assert get_user(client) == officer


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "http://a b", "//a", "http://a\r\nX: y", "http://đ"]
)
def test_an_address_that_a_browser_should_not_open_is_not_believed(
    client, ministry_server, address
):
    lie = {**ministry_server.description(), "authorization_endpoint": address}
    ministry_server.lies["openid-configuration"] = lambda handler: handler.send(lie)

    assert client.post(reverse("accounts:ministry_start")).context["why"] == "away"


def test_a_server_that_hangs_holds_a_few_threads_and_no_more(ministry_server, monkeypatch):
    monkeypatch.setattr(provider, "SECONDS", 20.0)
    monkeypatch.setattr(provider._semaphore, "_capacity", threading.BoundedSemaphore(1))
    ministry_server.lies["openid-configuration"] = _hang
    with provider._semaphore.hold():
        answer = Client().post(reverse("accounts:ministry_start"))

    assert (answer.status_code, "Retry-After" in answer.headers, ministry_server.asked) == (
        503,
        True,
        [],
    )


def test_description_and_keys_are_asked_for_once(client, officer, ministry_server):
    for _ in range(3):
        sign_in(client, ministry_server)
        client.logout()

    assert sorted(ministry_server.asked) == [
        "keys",
        "openid-configuration",
        "token",
        "token",
        "token",
    ]


def test_new_keys_are_fetched_when_a_token_names_one_but_not_more_than_once_a_minute(
    client, officer, ministry_server
):
    sign_in(client, ministry_server)
    client.logout()
    new = ministry_server.keys[1]
    ministry_server.published.append(new.as_dict(private=False))
    ministry_server.token = lambda claims: ministry_server.sign(claims, new, kid="b")

    sign_in(client, ministry_server)

    assert get_user(client) == officer
    client.logout()
    ministry_server.token = lambda claims: ministry_server.sign(claims, new, kid="made up")
    for _ in range(3):
        assert sign_in(client, ministry_server).context["why"] == "unproved"
    assert ministry_server.asked.count("keys") == 2


def test_addresses_that_are_not_https_are_not_believed_in_production(
    client, ministry_server, settings
):
    settings.PRODUCTION = True

    assert client.post(reverse("accounts:ministry_start"), secure=True).context["why"] == "away"


def test_no_token_no_code_and_no_claim_reaches_a_log(client, officer, ministry_server, caplog):
    tokens = []
    ministry_server.token = lambda claims: tokens.append(ministry_server.sign(claims)) or tokens[-1]
    with caplog.at_level(logging.DEBUG):
        address = begin(client)
        answer = ministry_server.agree(address)
        come_back(client, answer)
        ministry_server.changes = {"aud": "another client"}
        client.logout()
        sign_in(client, ministry_server)
        come_back(client, {**ministry_server.agree(begin(client)), "code": "a false code"})

    secrets = [*tokens, answer["code"], answer["state"], "a false code", "Trần Thị Bình", SECRET]
    said = "\n".join(
        f"{entry.getMessage()} {entry.args} {entry.exc_text}" for entry in caplog.records
    )
    assert len(tokens) == 2
    assert [secret for secret in secrets if secret in said] == []


# --- Who comes in ---------------------------------------------------------------------------------


@pytest.fixture
def approver(ministry_server):
    person = factories.person(Role.APPROVER)
    linked(person, ministry_server.url)
    return person


@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({"acr": "mfa"}, True),
        ({"amr": ["pwd", "otp"]}, True),
        ({"acr": "password"}, False),
        ({"acr": ["mfa"]}, False),
        ({"acr": {"mfa": 1}}, False),
        ({"amr": "otp"}, False),
        ({"amr": [["otp"], None]}, False),
        ({}, False),
    ],
)
def test_the_ministrys_second_factor_stands_for_ours_where_it_names_one(
    client, approver, ministry_server, settings, changes, opens
):
    settings.OIDC_ACR, settings.OIDC_AMR = ["mfa"], ["otp"]
    ministry_server.changes = changes

    answer = sign_in(client, ministry_server)

    assert (answer["Location"], is_out(client)) == (("/", False) if opens else (MFA, True))


def test_without_an_agreement_on_words_ours_is_asked(client, approver, ministry_server):
    ministry_server.changes = {"acr": "mfa", "amr": ["mfa"]}

    assert sign_in(client, ministry_server)["Location"] == MFA
    client.post(MFA, {"code": factories.code()})
    assert get_user(client) == approver
    assert Entry.objects.get(action="sign_in.by_ministry").data["factor"] is False


def test_the_ministrys_factor_is_no_step_up_for_approvals(
    client, approver, ministry_server, settings
):
    settings.OIDC_ACR = ["mfa"]
    ministry_server.changes = {"acr": "mfa"}

    # The harness marks sessions that begin without a factor as stepped up; this one says how it
    # began.
    sign_in(client, ministry_server)

    assert client.session[STEPPED_UP_AT] == 0
    assert client.get(reverse("accounts:invite"))["Location"].startswith("/accounts/2fa/")


def test_a_fresh_link_opens_nobodys_account_past_their_own_factor(
    client, ministry_server, settings
):
    settings.OIDC_ACR = ["mfa"]
    ministry_server.changes = {"acr": "mfa"}
    person = factories.person(Role.APPROVER)
    linked(person, ministry_server.url, factor_from=timezone.now() + timezone.timedelta(hours=1))

    assert (sign_in(client, ministry_server)["Location"], is_out(client)) == (MFA, True)


def test_a_disabled_account_stays_shut(client, officer, ministry_server):
    officer.is_active = False
    officer.save()

    assert sign_in(client, ministry_server)["Location"] == reverse("account_inactive")
    assert is_out(client)


def test_another_e_mail_or_name_at_the_ministry_changes_nobodys_account(
    client, officer, ministry_server
):
    victim = factories.person(Role.ADMINISTRATOR, factories.ministry())
    ministry_server.changes = {
        "email": victim.email,
        "email_verified": True,
        "preferred_username": victim.username,
    }

    sign_in(client, ministry_server)
    assert get_user(client) == officer
    client.logout()
    answer = sign_in(client, ministry_server, "s-2")

    assert (answer.status_code, is_out(client)) == (403, True)
    assert MinistryRequest.objects.get().user is None


def test_another_issuer_with_the_same_subject_is_somebody_else(client, ministry_server):
    linked(factories.person(Role.OFFICER), "https://former.example")

    assert (sign_in(client, ministry_server).status_code, is_out(client)) == (403, True)


def test_a_leader_without_a_factor_here_sets_one_up_first(client, ministry_server, settings):
    settings.OIDC_ACR = ["mfa"]
    ministry_server.changes = {"acr": "mfa"}
    person = factories.person(Role.APPROVER, factor=False)
    linked(person, ministry_server.url)

    sign_in(client, ministry_server)

    assert client.get("/").headers["Location"] == reverse("accounts:enrol")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_who_has_no_password_sets_up_a_factor_only_just_after_a_sign_in(
    client, officer, ministry_server, proof_is_old
):
    officer.set_unusable_password()
    officer.save()
    sign_in(client, ministry_server)
    assert client.get(reverse("mfa_activate_totp")).status_code == 200

    proof_is_old(client)

    pages = [
        client.get(reverse(page)).headers.get("Location")
        for page in ("mfa_activate_totp", "mfa_add_webauthn")
    ]
    assert pages == [reverse("accounts:ministry_again")] * 2
    assert client.get(pages[0]).status_code == 200
    assert Authenticator.objects.count() == 0


# --- Going ----------------------------------------------------------------------------------------


def test_after_a_sign_out_the_page_says_that_the_ministrys_session_is_still_open(
    client, officer, ministry_server
):
    sign_in(client, ministry_server)

    left = client.post(reverse("account_logout"))
    page = client.get(left["Location"])

    assert (left["Location"], is_out(client)) == (reverse("accounts:ministry_signed_out"), True)
    query = parse_qs(urlsplit(page.context["address"]).query)
    assert page.context["address"].startswith(f"{ministry_server.url}/end?")
    assert query["post_logout_redirect_uri"] == ["http://localhost:8000" + LOGIN]
    ministry_server.lies["openid-configuration"] = lambda handler: handler.send({}, status=500)
    cache.clear()
    assert client.get(left["Location"]).context["address"] == ""


def test_who_signed_in_by_password_goes_as_before(client, officer, ministry_server):
    client.post(LOGIN, {"login": officer.username, "password": factories.PASSWORD})

    assert client.post(reverse("account_logout"))["Location"] == "/"
