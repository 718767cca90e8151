"""An officer reads the results of the unit by keyboard alone."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import Role
from engagement.models import Measurement
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# The colours of the first chart's axes.
LABELS = """() => JSON.stringify(
    echarts.getInstanceByDom(document.querySelector(".chart")).getOption().xAxis[0].axisLabel.color
)"""


def published(unit, platform):
    at = timezone.now() - timedelta(days=2)
    channel = factories.ChannelFactory(unit=unit, platform=platform)
    post = factories.approved(factories.PostFactory(unit=unit, channels=[channel]))
    row = factories.delivery(
        post, channel, state="published", due_at=at, published_at=at, remote_id=f"r{post.pk}"
    )
    Measurement.objects.create(delivery=row, taken_at=at, reach=400, views=500)


def test_results_are_found_narrowed_and_opened_by_keyboard(at_desk):
    unit = factories.UnitFactory()
    for platform in ("facebook", "zalo"):
        published(unit, platform)
    campaign = factories.CampaignFactory(unit=unit)
    today = timezone.localdate()
    campaign.phases.create(name="Cao điểm", starts_on=today, ends_on=today)
    officer = factories.person(Role.OFFICER, unit)
    desk = at_desk(officer)
    desk.open(reverse("accounts:me"))
    page = desk.page

    page.get_by_role("link", name="Kết quả của đơn vị").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#compared-title")).to_be_visible()
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    expect(page.locator(".chart-marks").first).to_contain_text("Cao điểm")
    table = page.locator("section[aria-labelledby=days_reach-title] details").nth(1)
    table.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(table.locator("table")).to_contain_text("800")

    page.locator("[name=platform]").focus()
    page.locator("[name=platform]").select_option("zalo")
    page.get_by_role("button", name="Lọc", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".stat-value").first).to_have_text("1")
    assert "platform=zalo" in page.url
    assert desk.overflow() == 0
    assert desk.accessibility() == []

    phone = at_desk(officer, PHONE)
    phone.open(reverse("engagement:results"))
    assert phone.overflow() == 0
    assert phone.accessibility() == []
    assert [*desk.complaints, *phone.complaints] == []


def test_charts_are_drawn_anew_when_the_device_turns_dark(at_desk):
    unit = factories.UnitFactory()
    published(unit, "facebook")
    desk = at_desk(factories.person(Role.OFFICER, unit), color_scheme="light")
    desk.open(reverse("engagement:results"))
    expect(desk.page.locator("[data-chart] canvas").first).to_be_visible()
    light = desk.page.evaluate(LABELS)

    desk.page.emulate_media(color_scheme="dark")

    expect(desk.page.locator("html[data-bs-theme=dark]")).to_be_attached()
    assert desk.page.evaluate(LABELS) != light
