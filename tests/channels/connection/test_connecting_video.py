"""TikTok and YouTube, from our page through the consent dialog to a channel, and how its tokens are
renewed.
"""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from accounts.permissions import Role
from channels.connection.health import check
from channels.connection.tokens import refresh
from channels.models import Channel
from channels.queries import account_of, facts_of
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
    """Consent to what is asked but for what is declined; a page left empty: the person has none."""
    asked = parse_qs(urlsplit(dialog).query)["scope"][0].replace(",", " ").split()
    scope = [right for right in asked if right.rpartition("/")[2] not in declined]
    return simulator.consent(
        dialog, account=person, scope=scope, decision="allow", **({"page": page} if page else {})
    )


def connected(simulator, browser, platform, *, declined=()) -> tuple[Channel, dict]:
    page = simulator.page(platform, name="Công an phường Bến Nắng")
    dialog = set_out(browser, platform)
    come_back(
        browser, agree(simulator, dialog, page["owner"], page["external_id"], declined=declined)
    )
    choose(browser, page)
    return Channel.objects.get(), page


@pytest.mark.parametrize(
    ("platform", "lives", "ends_after"),
    [
        ("tiktok", timedelta(hours=2), timedelta(days=180)),
        ("youtube", timedelta(seconds=3599), None),
    ],
)
def test_one_consent_makes_one_channel(simulator, browser, unit, platform, lives, ends_after):
    before = timezone.now()

    channel, page = connected(simulator, browser, platform)

    assert (channel.platform, channel.external_id, channel.unit) == (
        platform,
        page["external_id"],
        unit,
    )
    assert (channel.health, channel.handle) == (Health.CONNECTED, page["username"])
    assert lives / 2 < channel.refresh_at - before < lives
    assert (channel.expires_at is None) == (ends_after is None)
    if ends_after:
        assert ends_after <= channel.expires_at - before <= ends_after + timedelta(minutes=1)
    assert check([channel], now=timezone.now()) == 1


@pytest.mark.parametrize(("platform", "rotates"), [("tiktok", True), ("youtube", False)])
def test_a_renewal_keeps_the_channel_and_only_tiktok_gives_another_refresh_token(
    simulator, browser, platform, rotates
):
    channel, _page = connected(simulator, browser, platform)
    old = account_of(channel)

    assert refresh(channel, now=timezone.now())

    channel.refresh_from_db()
    new = account_of(channel)
    assert new.token != old.token
    assert (new.refresh_token != old.refresh_token) == rotates
    assert check([channel], now=timezone.now()) == 1


@pytest.mark.parametrize("declined", ["video.upload", "video.list"])
def test_a_right_that_was_declined_stays_so_after_the_daily_look(simulator, browser, declined):
    channel, _page = connected(simulator, browser, "tiktok", declined=[declined])
    granted = channel.scopes

    check([channel], now=timezone.now())

    channel.refresh_from_db()
    assert (
        channel.scopes
        == granted
        == [right for right in facts_of("tiktok").rights if right != declined]
    )


@pytest.mark.parametrize(
    ("platform", "declined", "named"),
    [
        ("tiktok", "video.publish", "publishing posts"),
        ("youtube", "youtube.upload", "uploading videos"),
    ],
)
def test_without_the_right_to_publish_nothing_can_be_chosen(
    simulator, browser, platform, declined, named
):
    page = simulator.page(platform)
    dialog = set_out(browser, platform)

    chooser = come_back(
        browser, agree(simulator, dialog, page["owner"], page["external_id"], declined=[declined])
    )

    (choice,) = chooser.context["offered"]
    assert (choice.refused, choice.missing_rights) == (
        "What was granted does not suffice to post there.",
        [named],
    )


def test_a_google_account_without_a_channel_is_informed_so(simulator, browser):
    person = simulator.user("youtube")["id"]

    html = come_back(
        browser, agree(simulator, set_out(browser, "youtube"), person, "")
    ).content.decode()

    assert "this Google account has no YouTube channel" in html
    assert not Channel.objects.exists()
