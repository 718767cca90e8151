"""Connect a page that was posted to by hand, and ask for rights that only some pages need."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from channels.models import Channel
from channels.queries import account_of
from channels.states import Health
from tests import factories
from tests.channels.connection.flow import choose, connect_flow, facebook_person, set_out
from tests.pages import one_line

pytestmark = pytest.mark.django_db(transaction=True)


# --- a page that was posted to by hand ------------------------------------------------------------


def manual_channel(unit, page, **fields):
    values = {
        "external_id": page["username"],
        "handle": page["username"],
        "health": Health.MANUAL,
        **fields,
    }
    channel = factories.ChannelFactory(unit=unit, **values)
    Channel.objects.filter(pk=channel.pk).update(sealed=b"")
    return channel


def test_connecting_a_page_that_was_posted_to_manually_takes_over_its_row(simulator, browser, unit):
    person, (page,) = facebook_person(simulator, "Công an phường Bến Nắng")
    row = manual_channel(unit, page)

    connect_flow(simulator, browser, person, [page], data={"channel": str(row.public_id)})
    choose(browser, page)

    channel = Channel.objects.get()
    assert (channel.pk, channel.external_id, channel.health) == (
        row.pk,
        page["external_id"],
        Health.CONNECTED,
    )
    assert account_of(channel).token


def test_a_page_that_another_unit_posts_to_manually_cannot_be_connected(simulator, browser, unit):
    person, (page,) = facebook_person(simulator, "Công an phường Bến Nắng")
    manual_channel(factories.UnitFactory(), page)

    connect_flow(simulator, browser, person, [page])
    choose(browser, page)

    assert not Channel.objects.filter(unit=unit).exists()


# --- rights that only some pages need -------------------------------------------------------------


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_the_right_to_a_business_portfolio_is_asked_for_only_where_a_person_says_so(
    browser, platform
):
    address = reverse("channels:connect", args=[platform])
    pages = [
        browser.get(address).content.decode(),
        browser.get(f"{address}?wider=1").content.decode(),
    ]
    scopes = [
        parse_qs(urlsplit(set_out(browser, platform, **data)).query)["scope"][0].split(",")
        for data in ({}, {"wider": "1"})
    ]

    assert ["business_management" in scope for scope in scopes] == [False, True]
    assert ["list of pages that a Business portfolio holds" in page for page in pages] == [
        False,
        True,
    ]


def test_a_page_that_a_business_holds_is_reached_by_a_second_connect_flow_that_asks_for_it(
    simulator, browser, unit
):
    person, (business_page,) = facebook_person(simulator, "Công an phường Bến Nắng")
    business = {
        "name": "Công an tỉnh",
        "people": [person["id"]],
        "owned_pages": [business_page["external_id"]],
    }
    simulator.ask("POST", "/_sim/businesses", business)

    refused = connect_flow(simulator, browser, person, [business_page])
    assert (refused.status_code, Channel.objects.count()) == (409, 0)
    (wider,) = re.findall(r'href="([^"]*wider=1[^"]*)"', refused.content.decode())
    shown = browser.get(wider.replace("&amp;", "&"))
    assert 'name="wider" value="1"' in one_line(shown.content.decode())

    chooser = connect_flow(
        simulator, browser, person, [business_page], data={"wider": "1", "unit": unit.key}
    )
    choose(browser, business_page, chooser)

    channel = Channel.objects.get()
    assert (channel.external_id, channel.health, "business_management" in channel.scopes) == (
        business_page["external_id"],
        Health.CONNECTED,
        False,
    )
    assert "business_management" not in str(chooser.context["offered"])


def test_the_page_of_choices_names_the_way_to_a_page_that_is_missing(simulator, browser):
    person, pages = facebook_person(simulator, "Công an phường Bến Nắng")

    chooser = connect_flow(simulator, browser, person, pages)

    assert chooser.content.decode().count("wider=1") == 1
