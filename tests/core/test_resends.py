"""A form does its work once, however often the same form is sent."""

import io
import re
import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate
from PIL import Image

from accounts.permissions import Role
from audit.models import Entry
from campaigns import editing
from campaigns.models import Campaign
from campaigns.planning import plans
from core import resends
from core.cache import TableCache
from core.errors import Busy, Refused
from core.models import CacheEntry
from media.models import Logo
from tests import factories

pytestmark = pytest.mark.django_db
HTML = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def overseer():
    return factories.person(Role.OVERSEER, factories.ProvinceFactory())


@pytest.fixture
def browser(client, overseer):
    client.force_login(overseer)
    return client


def typed(**changed):
    days = {"starts_on": localdate(), "ends_on": localdate() + timedelta(days=9)}
    fields = {name: f"{day:%d/%m/%Y}" for name, day in days.items()}
    return {"name": "Phòng cháy", "aim": "", "spread_minutes": "0", **fields, **changed}


def send(browser, *, token="a" * 64, headers=HTML, address=None, **changed):
    fields = typed(csrfmiddlewaretoken=token, **changed)
    return browser.post(address or reverse("campaigns:new"), fields, headers=headers)


def test_the_second_sending_leads_to_where_the_first_one_went(browser):
    first, second = send(browser), send(browser)

    assert (first.status_code, second.status_code) == (302, 302)
    assert second["Location"] == first["Location"]
    assert Campaign.objects.count() == 1
    assert Entry.objects.filter(action="campaign.begun").count() == 1


def test_who_sent_it_twice_is_informed_that_it_was_done_once(browser):
    send(browser)
    page = browser.get(send(browser)["Location"]).content.decode()

    assert "This form had been sent already. It was done once." in page


def test_each_page_that_is_loaded_has_a_form_of_its_own(overseer):
    """Back loads the page again: who fills it in the same way wants a second row."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(overseer)

    for _time in range(2):
        page = browser.get(reverse("campaigns:new")).content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        assert send(browser, token=token)["Location"] == send(browser, token=token)["Location"]

    assert Campaign.objects.count() == 2


def test_another_word_in_the_form_is_another_form(browser):
    send(browser)
    send(browser, name="Phòng cháy 2")

    assert Campaign.objects.count() == 2


def test_the_same_form_of_somebody_else_is_another_form(browser, overseer):
    other = Client()
    other.force_login(factories.person(Role.OVERSEER, factories.ProvinceFactory()))

    assert send(other)["Location"] != send(browser)["Location"]
    assert Campaign.objects.count() == 2


def test_a_form_that_was_refused_can_be_sent_again(browser, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(editing, "_require_valid_days", refuse)
        refused = send(browser)

    assert (refused.status_code, send(browser).status_code) == (409, 302)
    assert Campaign.objects.count() == 1


def refuse(*_, **__):
    raise Refused("Not now.")


@pytest.mark.parametrize("after", [Refused("Not now."), Busy("Others are at work.")])
def test_what_is_refused_after_its_entry_can_be_sent_again(browser, monkeypatch, after):
    """The entry went with the transaction, and so did the claim."""
    link = editing.record

    def record_and_refuse(*args, **facts):
        link(*args, **facts)
        raise after

    with monkeypatch.context() as patched:
        patched.setattr(editing, "record", record_and_refuse)
        send(browser)

    assert Campaign.objects.count() == 0
    assert send(browser).status_code == 302
    assert Campaign.objects.count() == 1


def test_a_button_that_was_refused_after_its_entry_can_be_pressed_again(
    browser, overseer, monkeypatch
):
    """It leads on by a redirect, as if it had been done; its claim went with the transaction."""
    unit = overseer.appointments.get().unit
    campaign = factories.CampaignFactory(unit=unit, created_by=overseer)
    address = reverse("campaigns:duplicate", args=[campaign.public_id])
    with monkeypatch.context() as patched:
        patched.setattr(plans, "record", refuse)
        refused = send(browser, address=address)

    done = send(browser, address=address)

    assert (refused.status_code, done.status_code) == (302, 302)
    assert done["Location"] != refused["Location"]
    assert Campaign.objects.count() == 2


def test_a_sending_whose_process_died_has_either_done_all_or_nothing(browser, monkeypatch):
    """It committed and could not say where it leads: the second leads to the form's own page."""
    monkeypatch.setattr(resends, "PATIENCE", 0)
    with monkeypatch.context() as patched:
        patched.setattr(TableCache, "set", lambda *_, **__: None)
        send(browser)
    page = f"http://testserver{reverse('campaigns:list')}"

    second = send(browser, headers={**HTML, "referer": page})
    third = send(browser, headers={**HTML, "referer": "https://elsewhere.example/"})

    assert (second.status_code, second["Location"]) == (302, page)
    assert (third.status_code, third["Location"]) == (302, reverse("oversight:today"))
    assert Campaign.objects.count() == 1


def test_an_error_after_the_work_does_not_have_it_done_twice(browser, monkeypatch):
    browser.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr("campaigns.views.messages.success", lambda *_: 1 / 0)
        failed = send(browser)

    assert (failed.status_code, send(browser).status_code) == (500, 302)
    assert Campaign.objects.count() == 1


@pytest.mark.parametrize("name", ["new", "duplicate"], ids=["by a page", "by a redirect"])
def test_who_is_refused_what_the_first_sending_did_meanwhile_is_led_on_too(
    browser, overseer, monkeypatch, name
):
    """It looked before the first one had committed, and then waited for a row of it."""
    unit = overseer.appointments.get().unit
    campaign = factories.CampaignFactory(unit=unit, created_by=overseer)
    keys = [] if name == "new" else [campaign.public_id]
    address = reverse(f"campaigns:{name}", args=keys)
    module, service = {
        "new": (editing, "begin_campaign"),
        "duplicate": (plans, "copy_campaign"),
    }[name]
    work, first = getattr(module, service), []

    def refuse_after_the_first(*_, **__):
        monkeypatch.setattr(module, service, work)
        first.append(send(browser, address=address))
        raise Refused("It is done already.")

    monkeypatch.setattr(module, service, refuse_after_the_first)

    answer = send(browser, address=address)

    assert (answer.status_code, answer["Location"]) == (302, first[0]["Location"])
    assert Campaign.objects.count() == 2


@pytest.mark.parametrize(
    "headers", [{"accept": "application/json"}, {"accept": "*/*"}, {}], ids=["json", "any", "none"]
)
def test_what_a_script_sends_is_done_each_time(browser, headers):
    """It reads its answer itself, and keeps the token of its page for hours."""
    send(browser, headers=headers)
    send(browser, headers=headers)

    assert Campaign.objects.count() == 2


def test_htmx_is_asked_to_load_its_page_anew(browser):
    headers = {"hx-request": "true", "accept": "*/*"}
    send(browser, headers=headers)
    second = send(browser, headers=headers)

    assert (second.status_code, second["HX-Refresh"]) == (200, "true")
    assert Campaign.objects.count() == 1


@pytest.mark.parametrize("token", ["x" * 29_000, "\u202e" * 18_000, "' OR 1=1 --"])
def test_a_token_that_no_page_has_is_stored_nowhere(browser, token):
    send(browser, token=token)
    send(browser, token=token)

    key = CacheEntry.objects.filter(cache_key__contains="sent-form").get().cache_key
    assert len(key) < 120
    assert Campaign.objects.count() == 1


def test_strangers_and_forms_without_a_token_leave_nothing(browser):
    send(browser, token="")
    send(browser, token="")
    send(Client())

    assert Campaign.objects.count() == 2
    assert not CacheEntry.objects.filter(cache_key__contains="sent-form").exists()


def test_a_claim_ends_with_the_longest_session(browser, settings):
    send(browser)
    row = CacheEntry.objects.filter(cache_key__contains="sent-form").get()
    left = (row.expires - Entry.objects.latest("at").at).total_seconds()

    assert left == pytest.approx(settings.SESSION_COOKIE_AGE, abs=60)


@pytest.mark.parametrize("side", [300, 1000], ids=["in memory", "on disk"])
def test_another_file_of_the_same_name_and_length_is_another_form(client, side):
    leader = factories.person(Role.APPROVER, factories.UnitFactory())
    client.force_login(leader)
    address = reverse("media:change_logo", args=[leader.appointments.get().unit.key])

    def send_logo(colour):
        picture = io.BytesIO()
        # Without compression it is as long in each colour.
        Image.new("RGB", (side, side), colour).save(picture, "PNG", compress_level=0)
        file = SimpleUploadedFile("logo.png", picture.getvalue())
        client.post(address, {"csrfmiddlewaretoken": "a" * 64, "file": file}, headers=HTML)
        return Logo.objects.get().media.sha256

    first, repeated, second = send_logo("red"), send_logo("red"), send_logo("blue")

    assert first == repeated != second
    assert Entry.objects.filter(action="unit.logo_changed").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_that_are_sent_at_once_the_second_waits_for_the_first(overseer, monkeypatch):
    """Both look for a claim before either has made one."""
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(overseer)
    both_looked, answers = threading.Barrier(2), []
    get = TableCache.get_many

    def get_together(cache, keys, version=None):
        found = get(cache, keys, version)
        if not waited.seen:
            waited.seen = True
            both_looked.wait(timeout=10)
        return found

    class Waited(threading.local):
        seen = False

    waited = Waited()
    monkeypatch.setattr(TableCache, "get_many", get_together)

    def send_one(browser):
        answers.append(send(browser)["Location"])
        connection.close()

    threads = [threading.Thread(target=send_one, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 2
    assert len(set(answers)) == 1
    assert Campaign.objects.count() == 1
    assert Entry.objects.filter(action="campaign.begun").count() == 1
