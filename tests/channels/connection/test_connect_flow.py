"""From our page through the platform's consent dialog to a channel, and what goes wrong on the
way.
"""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.models import Channel, ConnectAttempt, PlatformAllowance
from channels.queries import account_of
from channels.states import Health
from tests import factories
from tests.channels.connection.flow import (
    agree,
    choose,
    come_back,
    connect_flow,
    facebook_person,
    set_out,
    zalo_person,
)

pytestmark = pytest.mark.django_db(transaction=True)
BOT = "123456789:AAsimulatorbottoken00000000000000000"


# --- the whole way --------------------------------------------------------------------------------


def test_a_facebook_page_becomes_the_unit_s_channel(simulator, browser, unit, approver):
    person, pages = facebook_person(simulator, "Công an phường Bến Nắng", "Trang riêng")

    chooser = connect_flow(simulator, browser, person, pages)
    response = choose(browser, pages[0])

    channel = Channel.objects.get()
    assert [choice.profile.name for choice in chooser.context["offered"]] == [
        "Công an phường Bến Nắng",
        "Trang riêng",
    ]
    assert response["Location"] == reverse("channels:channel", args=[channel.public_id])
    assert (channel.unit, channel.platform, channel.external_id) == (
        unit,
        "facebook",
        pages[0]["external_id"],
    )
    assert (channel.health, channel.connected_by, channel.followers) == (
        Health.CONNECTED,
        approver,
        1000,
    )
    assert (channel.expires_at, channel.refresh_at) == (None, None)
    assert account_of(channel).token.startswith("EAAP")
    entry = Entry.objects.get(action="channel.connected")
    assert (entry.actor_id, entry.actor_position) == (approver.pk, "Approving leader")


def test_a_zalo_account_becomes_a_channel_whose_tokens_are_renewed_in_time(simulator, browser):
    person, pages = zalo_person(simulator)

    connect_flow(simulator, browser, person, pages, "zalo")
    choose(browser, pages[0])

    channel = Channel.objects.get()
    ahead = channel.refresh_at - timezone.now()
    assert timedelta(hours=19) < ahead < timedelta(hours=21)
    assert channel.expires_at - timezone.now() > timedelta(days=89)
    account = account_of(channel)
    assert (account.token[:3], account.refresh_token[:3]) == ("AT-", "RT-")


def test_the_one_verifier_that_a_console_holds_is_used_when_it_is_set(simulator, browser, settings):
    settings.PLATFORMS = {
        **settings.PLATFORMS,
        "zalo": {**settings.PLATFORMS["zalo"], "code_verifier": "v" * 43},
    }
    simulator.settings(zalo_pkce="fixed")
    person, pages = zalo_person(simulator)

    for _ in range(2):
        connect_flow(simulator, browser, person, pages, "zalo")
        assert choose(browser, pages[0]).status_code == 302

    assert Channel.objects.count() == 1


def test_telegram_is_connected_by_form_once_the_province_allowed_it(
    simulator, browser, unit, approver
):
    page = simulator.page("telegram", username="conganbennang")
    address = reverse("channels:connect", args=["telegram"])
    before = browser.post(address, {"token": BOT, "chat": "@conganbennang"})
    PlatformAllowance.objects.create(
        unit=unit.parent, platform="telegram", allowed_by=approver, reason="Kế hoạch 12"
    )

    browser.post(address, {"token": BOT, "chat": "t.me/conganbennang"})
    choose(browser, page)

    channel = Channel.objects.get()
    assert before.status_code == 422
    assert (channel.external_id, channel.handle) == (page["external_id"], "conganbennang")
    assert account_of(channel).token == BOT


def test_a_bot_without_the_right_to_post_cannot_be_connected(simulator, browser, unit, approver):
    PlatformAllowance.objects.create(
        unit=unit.parent, platform="telegram", allowed_by=approver, reason="Kế hoạch 12"
    )
    page = simulator.page("telegram", username="conganbennang")
    simulator.kill_tokens("telegram", page=page["external_id"])

    response = browser.post(
        reverse("channels:connect", args=["telegram"]), {"token": BOT, "chat": "@conganbennang"}
    )

    assert response.status_code == 422
    assert BOT not in response.content.decode()
    assert Channel.objects.count() == ConnectAttempt.objects.count() == 0


# --- what goes wrong on the way -------------------------------------------------------------------


def stopped(response):
    """Check that the answer is the one page for it: nothing was connected, and a way to begin
    again."""
    assert response.status_code == 409
    assert reverse("channels:connect", args=["facebook"]) in response.content.decode()
    assert Channel.objects.count() == 0
    return True


def test_a_person_who_declines_in_the_dialog_has_connected_nothing(simulator, browser):
    person, _pages = facebook_person(simulator, "Trang")
    dialog = set_out(browser, "facebook")

    location = simulator.consent(dialog, account=person["id"], decision="cancel")

    assert stopped(come_back(browser, location))


def test_a_made_up_state_is_refused(simulator, browser):
    assert stopped(
        browser.get(reverse("channels:callback", args=["facebook"]), {"state": "x", "code": "y"})
    )


def test_an_answer_counts_once(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    come_back(browser, location)

    assert stopped(come_back(browser, location))


def test_an_answer_that_comes_in_another_session_is_refused(
    simulator, browser, approver, client_factory
):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    elsewhere = client_factory()
    elsewhere.force_login(approver)

    assert stopped(come_back(elsewhere, location))


def test_an_answer_of_another_person_is_refused(simulator, browser, unit, client_factory):
    """The trap: somebody sends the chief a link that would bind a page of theirs to the chief's
    unit.
    """
    attacker = client_factory()
    attacker.force_login(factories.person(Role.APPROVER))
    person, pages = facebook_person(simulator, "Trang giả")
    location = agree(simulator, set_out(attacker, "facebook"), person, pages)

    assert stopped(come_back(browser, location))


def test_an_answer_for_another_platform_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    code = parse_qs(urlsplit(location).query)

    response = browser.get(
        reverse("channels:callback", args=["zalo"]), {k: v[0] for k, v in code.items()}
    )

    assert response.status_code == 409


def test_an_answer_after_ten_minutes_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    ConnectAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=11))

    assert stopped(come_back(browser, location))


def test_a_choice_after_ten_minutes_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    connect_flow(simulator, browser, person, pages)
    ConnectAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=11))

    assert choose(browser, pages[0]).status_code == 409
    assert Channel.objects.count() == 0


def test_a_person_without_pages_is_informed_so(simulator, browser):
    person, _pages = facebook_person(simulator)

    assert stopped(connect_flow(simulator, browser, person, []))


@pytest.mark.parametrize("fault", ["drop_after", "error_before", "rate_limit"])
def test_a_platform_that_does_not_answer_connects_nothing(simulator, browser, fault):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    simulator.fault("facebook", fault, operation="token")

    assert stopped(come_back(browser, location))


def test_beginning_again_leads_back_to_the_unit_and_the_channel(simulator, browser, unit):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"])
    dialog = set_out(browser, "facebook", channel=channel.public_id)

    response = come_back(
        browser, simulator.consent(dialog, account=page["owner"], decision="cancel")
    )

    assert f"?unit={unit.key}&amp;channel={channel.public_id}" in response.content.decode()


def test_a_refused_choice_leads_back_to_the_unit_and_the_channel(simulator, browser, unit):
    page = simulator.page("facebook")
    other = simulator.page("facebook", owner=page["owner"])
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"])
    person, start = {"id": page["owner"]}, f'?unit={unit.key}&amp;channel={channel.public_id}"'

    without = connect_flow(simulator, browser, person, [other], data={"channel": channel.public_id})
    refused = choose(browser, other, without)

    assert [without.content.decode().count(start), refused.content.decode().count(start)] == [1, 1]


def test_a_platform_that_was_switched_off_meanwhile_leads_back_to_the_channel(
    browser, unit, settings
):
    settings.PLATFORMS = {
        **settings.PLATFORMS,
        "facebook": {**settings.PLATFORMS["facebook"], "app_id": ""},
    }
    channel = factories.ChannelFactory(unit=unit)

    response = browser.post(
        reverse("channels:connect", args=["facebook"]), {"channel": channel.public_id}
    )

    assert f"?unit={unit.key}&amp;channel={channel.public_id}" in response.content.decode()


@pytest.mark.parametrize(
    ("flow_is", "expected"),
    [
        (
            {"created_at": timezone.now() - timedelta(minutes=11)},
            "More than ten minutes have passed",
        ),
        ({"closed_at": timezone.now(), "sealed": b""}, "You have chosen on this page already"),
    ],
)
def test_an_old_page_of_choices_says_what_happened_and_leads_back_to_its_unit(
    simulator, client, unit, flow_is, expected
):
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent, language="en"))
    person, pages = facebook_person(simulator, "Trang")
    tab = connect_flow(simulator, client, person, pages, data={"unit": unit.key})
    ConnectAttempt.objects.update(**flow_is)

    answers = [choose(client, pages[0], tab), client.get(tab.redirect_chain[-1][0])]

    start = f"{reverse('channels:connect', args=['facebook'])}?unit={unit.key}"
    assert [
        (a.status_code, expected in a.content.decode(), start in a.content.decode())
        for a in answers
    ] == [
        (409, True, True),
        (409, True, True),
    ]
