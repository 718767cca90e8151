"""Whoever follows a short link is led on, and counted without being known."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from links import clicks, middleware
from links.models import ClickCount, Link
from tests import factories

PERSON = "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 Chrome/130 Mobile"


@pytest.fixture
def counted(monkeypatch):
    """Return the clicks that are counted, in place of a writer that runs beside the test."""
    seen = []
    monkeypatch.setattr(clicks.counter, "add_click", lambda link, day: seen.append((link, day)))
    return seen


@pytest.fixture
def link(db):
    return factories.link(factories.UnitFactory())


def follow(client, link, method="get", **headers):
    headers = {"user-agent": PERSON} | headers
    return getattr(client, method)(reverse("links:follow", args=[link.code]), headers=headers)


def test_a_person_is_led_on_without_a_cookie_and_counted(client, link, counted):
    answer = follow(client, link)

    assert (answer.status_code, answer["Location"]) == (302, link.target)
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert counted == [(link.pk, timezone.localdate())]


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
        {"user-agent": "TelegramBot (like TwitterBot)"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": "Mozilla/5.0 (compatible; coccocbot-web/1.0)"},
        {"user-agent": "python-requests/2.32"},
        {"user-agent": ""},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
    ],
)
def test_programs_are_led_on_and_not_counted(client, link, counted, headers):
    assert follow(client, link, **headers)["Location"] == link.target
    assert follow(client, link, method="head")["Location"] == link.target
    assert counted == []


def test_following_asks_the_database_once_in_ten_seconds(
    client, link, counted, django_assert_num_queries
):
    with django_assert_num_queries(1):
        for _number in range(3):
            follow(client, link)
    assert len(counted) == 3


def test_a_stopped_link_shows_the_reason_as_soon_as_it_is_forgotten(
    client, link, counted, monkeypatch
):
    follow(client, link)
    Link.objects.update(stopped_at=timezone.now(), stop_reason="Trang <đang> sửa")
    now = middleware.time.monotonic()
    monkeypatch.setattr(middleware.time, "monotonic", lambda: now + middleware.REMEMBERED + 1)

    answer = follow(client, link)

    assert answer.status_code == 410
    assert "Trang &lt;đang&gt; sửa" in answer.content.decode()
    assert len(counted) == 1


@pytest.mark.parametrize("path", ["/l/zzzzzzz", "/l/", "/l/a/b", "/l/" + "a" * 500, "/l/..%2f"])
def test_an_unknown_link_is_not_found(client, db, counted, path):
    assert client.get(path, headers={"user-agent": PERSON}).status_code == 404
    assert counted == []


GUESSER, RESIDENT = "203.0.113.7", "203.0.113.8"


def guess(client, number, *, address=GUESSER):
    codes = (f"/l/zzzzz{n:02d}" for n in range(number))
    return [client.get(code, REMOTE_ADDR=address).status_code for code in codes]


def test_who_guesses_codes_gets_no_more_pages_for_a_minute(client, db, monkeypatch):
    now = middleware.time.monotonic()
    codes = guess(client, middleware.MOST_GUESSES + 2)

    assert codes == [*[404] * middleware.MOST_GUESSES, 429, 429]
    monkeypatch.setattr(middleware.time, "monotonic", lambda: now + middleware.GUESSES_COUNTED + 5)
    assert guess(client, 1) == [404]


def test_a_refused_guess_costs_one_query_and_no_page(client, db, django_assert_num_queries):
    guess(client, middleware.MOST_GUESSES)
    with django_assert_num_queries(1):
        answer = client.get("/l/zzzzzzz", REMOTE_ADDR=GUESSER)
    assert (answer["Content-Type"], answer["Retry-After"]) == ("text/plain; charset=utf-8", "60")
    assert not answer.cookies


def test_residents_behind_a_guessers_address_follow_real_codes(client, link, counted):
    stopped = factories.link(link.unit, stopped_at=timezone.now(), stop_kind="over")
    guess(client, middleware.MOST_GUESSES + 1)

    for _number in range(2 * middleware.MOST_GUESSES):
        at = {"REMOTE_ADDR": GUESSER}
        assert client.get(f"/l/{link.code}", **at).status_code == 302
        assert client.get(f"/l/{stopped.code}", **at).status_code == 410
    assert guess(client, 1, address=RESIDENT) == [404]


def test_guesses_are_counted_under_no_address_and_for_so_many(monkeypatch):
    monkeypatch.setattr(middleware, "MOST_GUESSERS", 2)
    counts = middleware.GuessCounter()

    assert [counts.count(address) for address in (GUESSER, GUESSER, RESIDENT, "::1", "::2")] == [
        *(1, 2, 1, 0, 0)
    ]
    assert len(counts._counts) == 2
    assert GUESSER not in repr(vars(counts))


def test_a_zero_byte_is_no_link_and_no_error_of_ours(client, db, counted):
    client.raise_request_exception = False
    assert client.get("/l/a%00", headers={"user-agent": PERSON}).status_code == 400


def test_the_oldest_is_forgotten_when_there_are_too_many(client, link, counted, monkeypatch):
    monkeypatch.setattr(middleware, "MOST_REMEMBERED", 2)
    links = [link, *(factories.link(link.unit) for _number in range(3))]
    follower = middleware.FollowLinks(lambda request: None)
    assert [follower._find_target(link.code).address for link in links] == [link.target] * 4
    assert len(follower._targets) == 2


def test_clicks_add_up_by_day_whoever_writes_them(link):
    today = timezone.localdate()
    clicks.add_clicks([(link.pk, today, 2), (link.pk, today - timedelta(days=1), 1)])
    clicks.add_clicks([(link.pk, today, 3)])
    assert list(ClickCount.objects.values_list("day", "clicks")) == [
        (today - timedelta(days=1), 1),
        (today, 5),
    ]


def test_nothing_of_the_person_is_stored():
    assert {field.name for field in ClickCount._meta.get_fields()} == {
        *("id", "link", "day", "clicks")
    }


def test_clicks_wait_while_the_database_is_away(link, monkeypatch):
    counter, today = clicks.ClickCounter(), timezone.localdate()
    counter._counts[link.pk, today] = 2

    def away(rows):
        raise clicks.InterfaceError("away")

    with monkeypatch.context() as patched:
        patched.setattr(clicks, "add_clicks", away)
        assert counter.write_counts() == 0
    counter._counts[link.pk, today] += 1

    assert counter.write_counts() == 3
    assert ClickCount.objects.get().clicks == 3


PROCESS = """
import os, sys, signal
from datetime import date
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from links import clicks
link, mode = int(sys.argv[2]), sys.argv[3]
written = clicks.add_clicks
def told(rows):
    written(rows)
    done.set()
import threading
done = threading.Event()
clicks.add_clicks = told
for number in range(500):
    clicks.counter.add_click(link, date(2026, 11, 27))
done.wait()
while clicks.counter._counts:
    done.clear(); done.wait()
for number in range(40):
    clicks.counter.add_click(link, date(2026, 11, 27))
if mode == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("mode", "least"), [("kill", 500), ("end", 540)])
def test_a_killed_process_loses_its_last_second_and_an_ended_one_nothing(mode, least):
    link = factories.link(factories.UnitFactory())
    name = str(connection.settings_dict["NAME"])

    ended = subprocess.run(
        [sys.executable, "-c", PROCESS, name, str(link.pk), mode], env=os.environ, check=False
    )

    assert ended.returncode == (-signal.SIGKILL if mode == "kill" else 0)
    assert least <= ClickCount.objects.get(link=link).clicks <= 540
