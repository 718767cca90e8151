"""Two connect flows in one browser, and the secrets of a flow."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.models import Channel, ConnectAttempt
from channels.queries import account_of
from channels.states import Health
from core import sealing
from retention.services import sweep_technical_rows
from tests import factories
from tests.channels.connection.flow import (
    agree,
    choose,
    come_back,
    connect_flow,
    facebook_person,
    set_out,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- two walks in one browser ---------------------------------------------------------------------


def test_each_page_of_choices_connects_for_its_own_unit(simulator, client, unit):
    other = factories.UnitFactory(parent=unit.parent)
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent))
    person, pages = facebook_person(simulator, "Công an phường Bến Nắng", "Công an xã Tân Hiệp")
    tabs = [
        connect_flow(simulator, client, person, pages, data={"unit": owner.key})
        for owner in (unit, other)
    ]

    for tab, page in zip(tabs, pages, strict=True):
        choose(client, page, tab)

    bound = {channel.external_id: channel.unit for channel in Channel.objects.all()}
    assert bound == {pages[0]["external_id"]: unit, pages[1]["external_id"]: other}


def test_a_page_of_choices_shows_its_own_connect_flow_when_it_is_loaded_again(
    simulator, client, unit
):
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent))
    person, pages = facebook_person(simulator, "Trang")
    first = connect_flow(simulator, client, person, pages, data={"unit": unit.key})
    connect_flow(
        simulator,
        client,
        person,
        pages,
        data={"unit": factories.UnitFactory(parent=unit.parent).key},
    )

    again = client.get(first.redirect_chain[-1][0])

    assert again.context["attempt"] == first.context["attempt"]


def test_connecting_one_channel_again_stays_so_while_another_connect_flow_is_open(
    simulator, browser, unit
):
    page = simulator.page("facebook")
    other = simulator.page("facebook", owner=page["owner"])
    channel = factories.ChannelFactory(
        unit=unit, external_id=page["external_id"], health=Health.LOST
    )
    person = {"id": page["owner"]}
    tab = connect_flow(
        simulator, browser, person, [page, other], data={"channel": channel.public_id}
    )
    connect_flow(simulator, browser, person, [page, other])

    refused = choose(browser, other, tab)

    assert refused.status_code == 409
    assert Channel.objects.get().health == Health.LOST


@pytest.mark.parametrize("named", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_choice_that_names_no_connect_flow_connects_nothing(simulator, browser, named):
    person, pages = facebook_person(simulator, "Trang")
    connect_flow(simulator, browser, person, pages)

    response = browser.post(
        reverse("channels:choose"), {"attempt": named, "page": pages[0]["external_id"]}
    )

    assert response.status_code == 409
    assert reverse("channels:platforms") in response.content.decode()
    assert Channel.objects.count() == 0


def test_nobody_chooses_in_the_connect_flow_of_another_person_or_session(
    simulator, browser, unit, approver, client_factory
):
    person, pages = facebook_person(simulator, "Trang")
    tab = connect_flow(simulator, browser, person, pages)
    elsewhere, colleague = client_factory(), client_factory()
    elsewhere.force_login(approver)
    colleague.force_login(factories.person(Role.APPROVER, unit))

    assert [choose(person, pages[0], tab).status_code for person in (elsewhere, colleague)] == [
        409,
        409,
    ]
    assert Channel.objects.count() == 0


# --- secrets --------------------------------------------------------------------------------------


def test_no_secret_reaches_a_page_the_log_the_record_or_the_address(simulator, browser, caplog):
    person, pages = facebook_person(simulator, "Trang")
    secrets = ["EAAP", "EAAU", settings.PLATFORMS["facebook"]["app_secret"]]
    seen = []
    dialog = set_out(browser, "facebook")
    seen += [dialog, browser.get(reverse("channels:connect", args=["facebook"])).content.decode()]
    seen.append(come_back(browser, agree(simulator, dialog, person, pages)).content.decode())
    choose(browser, pages[0])
    channel = Channel.objects.get()
    for name in ("channel", "disconnect"):
        seen.append(
            browser.get(reverse(f"channels:{name}", args=[channel.public_id])).content.decode()
        )
    seen.append(browser.get(reverse("channels:list")).content.decode())
    seen += [caplog.text, *(f"{e.data} {e.reason} {e.object_label}" for e in Entry.objects.all())]

    assert [secret for secret in secrets for text in seen if secret in text] == []


def test_tokens_are_sealed_at_rest_and_open_for_their_own_row_alone(simulator, browser):
    person, pages = facebook_person(simulator, "Trang A", "Trang B")
    for page in pages:
        connect_flow(simulator, browser, person, pages)
        choose(browser, page)
    first, second = Channel.objects.order_by("pk")
    token = account_of(first).token.encode()

    second.sealed = first.sealed

    assert token not in bytes(first.sealed)
    with pytest.raises(sealing.Unsealable):
        account_of(second)


def test_what_the_dialog_granted_is_destroyed_with_the_choice_or_after_an_hour(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    connect_flow(simulator, browser, person, pages)
    choose(browser, pages[0])
    connect_flow(simulator, browser, person, pages)
    kept = [len(bytes(attempt.sealed)) > 0 for attempt in ConnectAttempt.objects.order_by("pk")]

    ConnectAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    sweep_technical_rows(["connect-attempts"])

    assert kept == [False, True]
    assert ConnectAttempt.objects.count() == 0


def test_a_sealed_value_opens_with_an_older_key_and_not_with_a_stranger_s(settings):
    import base64
    import os

    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    settings.CREDENTIAL_KEYS = [old]
    sealed = sealing.seal({"token": "t"}, row="channel:1")
    settings.CREDENTIAL_KEYS = [new, old]
    opened = sealing.unseal(sealed, row="channel:1")
    settings.CREDENTIAL_KEYS = [new]

    assert opened == {"token": "t"}
    with pytest.raises(sealing.Unsealable):
        sealing.unseal(sealed, row="channel:1")
