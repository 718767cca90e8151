"""Check what the database holds of sessions, what it is worth to a thief, and how people end their
own elsewhere.
"""

import time
from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Session
from accounts.permissions import Role
from accounts.sign_in import devices
from accounts.sign_in.devices import SESSIONS_SHOWN, sessions_of
from accounts.sign_in.session_store import SessionStore, hash_key
from audit.models import Entry
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "accounts:sessions"
COOKIE = "sessionid"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0 Safari/537.36 Edg/140.0"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 "
    "Version/18.0 Mobile Safari/604.1"
)


@pytest.fixture
def officer():
    return factories.person(Role.OFFICER)


def signed_in(user) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(user)
    assert client.get(reverse("accounts:me")).status_code == 200
    return client


def with_cookie(value: str) -> Client:
    client = Client()
    client.cookies[COOKIE] = value
    return client


def dump() -> str:
    """Return every row of every table, as a backup holds it."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += cursor.fetchall()
    return str(rows)


# --- What the database holds ----------------------------------------------------------------------


def test_no_table_holds_the_key_of_a_session(officer):
    key = signed_in(officer).cookies[COOKIE].value

    contents = dump()

    assert hash_key(key) in contents
    assert key not in contents


def test_a_stolen_row_signs_nobody_in(officer):
    signed_in(officer)
    row = Session.objects.get()

    for stolen in (row.session_key, row.session_data, hash_key(row.session_key)):
        thief = with_cookie(stolen)
        assert not get_user(thief).is_authenticated
        assert thief.get(reverse("accounts:me")).status_code == 302


def test_a_row_that_bears_a_key_in_clear_opens_nothing(officer):
    key = signed_in(officer).cookies[COOKIE].value
    Session.objects.update(session_key=key)  # what the former release held

    assert with_cookie(key).get(reverse("accounts:me")).status_code == 302


@pytest.mark.parametrize(
    "cookie", ["", "short", "x" * 5000, "ổ khóa của ai", '"' + r"\000" * 12 + '"']
)
def test_a_cookie_that_is_no_key_is_nobodys(client, cookie):
    sent = f"{COOKIE}={cookie}".encode().decode("latin-1")

    assert client.get(reverse("accounts:me"), HTTP_COOKIE=sent).status_code == 302


QUESTION = "/proxy/signed-in/"
BY_ITSELF = {"X-By-Itself": "1"}


def test_the_proxy_hears_who_is_signed_in_and_nothing_else(
    client, officer, django_assert_num_queries
):
    assert client.get(QUESTION, headers=BY_ITSELF).status_code == 401
    client.cookies[COOKIE] = "a1" * 16
    with django_assert_num_queries(1):  # the session's row
        assert client.get(QUESTION, headers=BY_ITSELF).status_code == 401

    client.force_login(officer)
    client.get(QUESTION, headers=BY_ITSELF)
    with django_assert_num_queries(2):  # and the person's
        answer = client.get(QUESTION, headers=BY_ITSELF)
    assert (answer.status_code, answer["X-Person"]) == (204, str(officer.pk))
    assert (answer.content, answer.cookies) == (b"", {})


def test_a_question_of_the_proxy_keeps_no_idle_session_alive(client, officer):
    with time_machine.travel("2026-11-26 01:00Z", tick=False) as clock:
        client.force_login(officer)
        client.get("/me/")
        for _each in range(4):
            clock.shift(timedelta(minutes=7))
            assert client.get(QUESTION, headers=BY_ITSELF).status_code == 204
        clock.shift(timedelta(minutes=7))
        assert client.get(QUESTION, headers=BY_ITSELF).status_code == 401


def test_signing_out_removes_the_row_and_a_new_key_replaces_it(officer):
    client = signed_in(officer)
    other = signed_in(officer)
    before = client.cookies[COOKIE].value

    session = client.session
    session.cycle_key()
    session.save()

    assert sorted(Session.objects.values_list("pk", flat=True)) == sorted(
        [hash_key(session.session_key), hash_key(other.cookies[COOKIE].value)]
    )
    assert not get_user(with_cookie(before)).is_authenticated
    assert session[SESSION_KEY] == str(officer.pk)
    client.cookies[COOKIE] = session.session_key
    client.post(reverse("account_logout"))
    assert [row.pk for row in officer.sessions.all()] == [hash_key(other.cookies[COOKIE].value)]


def test_a_session_of_nobody_belongs_to_nobody():
    store = SessionStore()
    store["x"] = 1
    store.save()

    assert Session.objects.get().user is None
    assert SessionStore(store.session_key)["x"] == 1
    assert store.exists(store.session_key)
    assert not store.exists(hash_key(store.session_key))


def test_asynchronous_code_finds_the_same_sessions():
    async def act():
        store = SessionStore()
        await store.aset("x", 1)
        await store.asave()
        found = (
            await SessionStore(store.session_key).aget("x"),
            await store.aexists(store.session_key),
        )
        key = store.session_key
        await store.adelete()
        return found, key, await store.aexists(key)

    found, key, still_there = async_to_sync(act)()

    assert found == (1, True)
    assert key
    assert not still_there


# --- The list -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (EDGE, "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("curl/8", ""),
        ("X Linux", "Linux"),
        ("", ""),
    ],
)
def test_a_device_is_named_in_words(rf, user_agent, words):
    request = rf.get("/", headers={"User-Agent": user_agent})
    request.session = {}

    devices.store_use(request, at=1)

    assert devices.describe_device(*request.session["device"]) == words


def test_the_list_names_each_device_with_its_times_and_which_is_this_one(officer):
    with time_machine.travel("2026-11-26 01:00Z", tick=False) as clock:
        phone, stranger = signed_in(officer), signed_in(factories.person(Role.OFFICER))
        clock.shift(120)
        phone.get(reverse("accounts:me"), headers={"User-Agent": IPHONE})
        stranger.get(reverse("accounts:me"), headers={"User-Agent": "Firefox/140"})
        desk = signed_in(officer)
        clock.shift(180)
        desk.get(reverse("accounts:me"), headers={"User-Agent": EDGE})

        answer = desk.get(reverse(PAGE))

    rows = [
        (row.device, f"{row.began_at:%H:%M}", f"{row.seen_at:%H:%M}")
        for row in answer.context["sessions"]
    ]
    assert rows == [("Edge on Windows", "01:02", "01:05"), ("Safari on iPhone", "01:00", "01:02")]
    page = answer.content.decode()
    assert page.count("This device") == 1
    assert "Firefox" not in page
    assert "Mozilla" not in page
    assert "127.0.0.1" not in page


def test_a_shared_computer_is_marked(client, officer):
    client.cookies["shared"] = "1"
    client.force_login(officer)
    session = client.session
    session["shared"] = True
    session.save()

    assert "Shared computer" in client.get(reverse(PAGE)).content.decode()


def test_a_session_that_a_new_password_ended_is_not_listed(officer):
    signed_in(officer)
    officer.set_password("mot hai ba bon nam sau")
    officer.save()
    alive = signed_in(officer)

    listed = sessions_of(officer)

    assert [row.pk for row in listed] == [hash_key(alive.cookies[COOKIE].value)]


@pytest.mark.parametrize("others", [1, 3])
def test_the_list_asks_the_database_no_more_for_more_sessions(
    officer, django_assert_num_queries, others
):
    for _n in range(others):
        signed_in(officer)

    with django_assert_num_queries(1):
        assert len(sessions_of(officer)) == others


def test_the_list_has_an_end(officer):
    for _n in range(SESSIONS_SHOWN + 1):
        Client().force_login(officer)

    assert len(sessions_of(officer)) == SESSIONS_SHOWN


# --- Ending them ----------------------------------------------------------------------------------


def test_one_session_is_ended_at_its_next_request_and_no_other(officer):
    desk, phone, third = signed_in(officer), signed_in(officer), signed_in(officer)

    answer = desk.post(
        reverse(PAGE), {"session": hash_key(phone.cookies[COOKIE].value)}, follow=True
    )

    assert "1 device is signed out." in answer.content.decode()
    assert phone.get(reverse("accounts:me")).status_code == 302
    assert third.get(reverse("accounts:me")).status_code == 200
    assert desk.get(reverse("accounts:me")).status_code == 200
    entry = Entry.objects.get(action="sign_in.sessions_ended")
    assert (entry.actor_id, entry.object_id, entry.data["count"]) == (
        officer.pk,
        str(officer.public_id),
        1,
    )


def test_all_others_are_ended_at_once_and_nobody_elses(officer):
    desk, others = signed_in(officer), [signed_in(officer), signed_in(officer)]
    stranger = signed_in(factories.person(Role.OFFICER))

    desk.post(reverse(PAGE))

    assert [
        client.get(reverse("accounts:me")).status_code for client in [*others, stranger, desk]
    ] == [
        302,
        302,
        200,
        200,
    ]
    assert Entry.objects.get(action="sign_in.sessions_ended").data["count"] == 2


def test_another_persons_session_is_not_there(officer):
    stranger = signed_in(factories.person(Role.OFFICER))
    desk = signed_in(officer)

    for key in (stranger.cookies[COOKIE].value, hash_key(stranger.cookies[COOKIE].value), "x"):
        assert desk.post(reverse(PAGE), {"session": key}).status_code == 404

    assert stranger.get(reverse("accounts:me")).status_code == 200
    assert not Entry.objects.filter(action="sign_in.sessions_ended").exists()


def test_this_session_is_not_ended_by_its_own_list(officer):
    desk = signed_in(officer)

    assert (
        desk.post(reverse(PAGE), {"session": hash_key(desk.cookies[COOKIE].value)}).status_code
        == 404
    )
    assert desk.get(reverse("accounts:me")).status_code == 200


def test_ending_sessions_asks_for_a_new_proof_and_then_goes_on(officer, proof_is_old):
    factories.with_app(officer)
    phone, desk = signed_in(officer), signed_in(officer)
    proof_is_old(desk)
    ending = {"session": hash_key(phone.cookies[COOKIE].value)}

    refused = desk.post(reverse(PAGE), ending)

    assert refused["Location"] == reverse("mfa_reauthenticate")
    assert phone.get(reverse("accounts:me")).status_code == 200
    proved = desk.post(refused["Location"], {"code": factories.code()})
    assert proved["Location"] == reverse("accounts:pending_form")
    context = desk.get(proved["Location"]).context
    desk.post(context["path"], dict(context["fields"]))
    assert phone.get(reverse("accounts:me")).status_code == 302
    assert desk.get(reverse("accounts:me")).status_code == 200


def test_the_list_itself_is_read_without_a_new_proof(officer, proof_is_old):
    desk = signed_in(officer)
    proof_is_old(desk)

    assert desk.get(reverse(PAGE)).status_code == 200


def test_a_session_that_was_ended_while_it_worked_stays_ended(officer):
    phone = signed_in(officer)
    at_work = SessionStore(phone.cookies[COOKIE].value)
    at_work["seen"] = int(time.time())

    signed_in(officer).post(reverse(PAGE))

    with pytest.raises(UpdateError):
        at_work.save()
    assert phone.get(reverse("accounts:me")).status_code == 302
