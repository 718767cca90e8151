"""A province writes a kit at the PC; its leader approves and issues it on the phone."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import Role
from campaigns.kits.models import Kit
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_kit_is_written_submitted_approved_and_issued(at_desk):
    cache.clear()
    commune = factories.UnitFactory()
    province = commune.parent
    factories.topic()
    campaign = factories.CampaignFactory(unit=province)
    writer = factories.person(Role.SUPERVISOR, province)
    leader = factories.person(Role.OVERSEER, province)
    desk = at_desk(writer)
    desk.open(f"{reverse('kits:new')}?campaign={campaign.public_id}")
    page, today = desk.page, timezone.localdate().strftime("%d/%m/%Y")
    page.get_by_label("Tên bộ nội dung").fill("Sạc xe điện")
    page.locator("[name=topic]").select_option(index=1)
    page.locator("[name=title]").fill("Sạc xe điện an toàn")
    text = page.locator("[name=text]")
    text.fill("Bà con ở {khu_vuc} không sạc xe qua đêm. Trực ban: ")
    page.locator("[data-insert='{duong_day_nong}']").click()
    expect(text).to_have_value(
        "Bà con ở {khu_vuc} không sạc xe qua đêm. Trực ban: {duong_day_nong}"
    )
    page.locator("[name=platforms][value=zalo]").uncheck()  # it needs a picture
    page.locator("[name=window_from]").fill(today)
    page.locator("[name=window_until]").fill(today)
    page.locator("[value=row]").click()
    expect(page.locator("[name='placeholder-0-name']")).to_have_value("khu_vuc")
    page.locator("[name='placeholder-0-label']").fill("Khu vực")
    assert desk.overflow() == 0
    page.locator(".action-bar button").click()
    expect(page.locator(".kit-open").first).to_be_visible()
    page.locator("form[action$='/submit/'] button").click()
    expect(page.locator(".state-yellow")).to_be_visible()

    phone = at_desk(leader, PHONE)
    phone.open(reverse("kits:approve", args=[Kit.objects.get().public_id]))
    assert phone.overflow() == 0
    assert phone.accessibility() == []
    phone.page.locator(".action-bar button").click()
    issue = phone.page.get_by_role("button", name="Phát hành", exact=True)
    expect(issue).to_be_visible()
    issue.click()
    phone.page.locator("#confirm-yes").click()
    expect(phone.page.locator(".state-green")).to_be_visible()

    assert Kit.objects.open_to(commune).get().current.text.startswith("Bà con ở")
    assert [*desk.complaints, *phone.complaints] == []
