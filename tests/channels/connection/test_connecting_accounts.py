"""Instagram and Threads, from our page through the consent dialog to a channel, and what becomes of
its tokens.
"""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from channels.connection.health import check
from channels.connection.tokens import refresh_due
from channels.models import Channel
from channels.queries import account_of
from channels.states import Health
from tests import factories
from tests.channels.connection.flow import choose, come_back, set_out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def browser(client, unit):
    client.force_login(factories.person(Role.APPROVER, unit))
    return client


def agree(simulator, dialog, person, page, *, declined=()):
    asked = parse_qs(urlsplit(dialog).query)["scope"][0].split(",")
    scope = [right for right in asked if right not in declined]
    return simulator.consent(dialog, account=person, page=page, scope=scope, decision="allow")


def linked(simulator, name):
    """Make a page, and the account that is linked to it."""
    page = simulator.page("facebook", name=name)
    return page, simulator.page("instagram", name=name, facebook_page=page["external_id"])


def test_an_instagram_account_becomes_a_channel_by_its_page(simulator, browser, unit):
    page, account = linked(simulator, "Công an phường Bến Nắng")
    dialog = set_out(browser, "instagram")

    come_back(browser, agree(simulator, dialog, page["owner"], page["external_id"]))
    choose(browser, account)

    channel = Channel.objects.get()
    assert (channel.platform, channel.external_id, channel.unit) == (
        "instagram",
        account["external_id"],
        unit,
    )
    assert (channel.health, channel.expires_at, channel.refresh_at) == (
        Health.CONNECTED,
        None,
        None,
    )
    assert check([channel], now=timezone.now()) == 1


def test_a_right_to_delete_that_was_declined_is_named_before_the_account_is_chosen(
    simulator, browser
):
    page, account = linked(simulator, "Công an phường Bến Nắng")
    dialog = set_out(browser, "instagram")

    chooser = come_back(
        browser,
        agree(
            simulator,
            dialog,
            page["owner"],
            page["external_id"],
            declined=["instagram_manage_contents"],
        ),
    )

    (choice,) = chooser.context["offered"]
    assert (choice.profile.external_id, choice.refused) == (account["external_id"], "")
    assert choice.missing_rights == ["withdrawing posts"]


def test_a_person_whose_pages_have_no_account_is_informed_so(simulator, browser):
    page = simulator.page("facebook")
    dialog = set_out(browser, "instagram")

    html = come_back(
        browser, agree(simulator, dialog, page["owner"], page["external_id"])
    ).content.decode()

    assert "is linked to a professional Instagram account" in html
    assert not Channel.objects.exists()


def threads_channel(simulator, browser):
    profile = simulator.page("threads", name="Công an xã Tân Hiệp")
    dialog = set_out(browser, "threads")
    come_back(browser, agree(simulator, dialog, profile["owner"], profile["external_id"]))
    choose(browser, profile)
    return Channel.objects.get()


def test_a_threads_profile_is_connected_for_sixty_days_and_renewed_every_week(simulator, browser):
    channel = threads_channel(simulator, browser)

    now = timezone.now()
    assert timedelta(days=59) < channel.expires_at - now < timedelta(days=60)
    assert timedelta(days=5) < channel.refresh_at - now < timedelta(days=7)
    assert channel.handle in channel.address


def test_a_renewal_moves_the_end_on(simulator, browser):
    channel = threads_channel(simulator, browser)
    was = account_of(channel).token
    simulator.advance(86_400 * 7)
    later = timezone.now() + timedelta(days=7)

    assert refresh_due(now=later) == 1

    channel.refresh_from_db()
    assert account_of(channel).token != was
    assert timedelta(days=59) < channel.expires_at - later < timedelta(days=60)


def test_a_profile_that_was_not_renewed_in_time_has_to_be_connected_again(simulator, browser):
    channel = threads_channel(simulator, browser)
    simulator.advance(86_400 * 60)

    refresh_due(now=timezone.now() + timedelta(days=60))

    channel.refresh_from_db()
    assert (channel.health, channel.health_code) == (Health.LOST, "190/463")


@pytest.mark.parametrize("platform", ["instagram", "threads"])
def test_the_page_before_the_dialog_says_what_will_be_asked_for(simulator, browser, platform):
    page = browser.get(reverse("channels:connect", args=[platform])).content.decode()

    assert "withdrawing posts" in page
    assert ("Instagram is connected through Facebook" in page) == (platform == "instagram")
