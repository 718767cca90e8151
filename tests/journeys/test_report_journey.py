"""A report at the PC of its officer, the phone of its leader, the PC again once the paper is
signed, and the desk of the province.
"""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from core import jobs
from engagement.reports.models import Report
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_report_is_drafted_written_approved_sent_and_seen_above(at_desk):
    cache.clear()
    unit = factories.UnitFactory()
    officer = factories.person(Role.OFFICER, unit)
    leader = factories.person(Role.APPROVER, unit)
    overseer = factories.person(Role.OVERSEER, unit.parent)
    desk = at_desk(officer)
    desk.open(reverse("engagement:reports"))
    desk.page.get_by_role("link", name="Lập báo cáo").first.click()
    desk.page.locator(".action-bar button").click()
    desk.page.get_by_role("link", name="Viết nội dung").click()
    desk.page.locator("[name=situation]").fill("Địa bàn ổn định.")
    assert desk.overflow() == 0
    desk.page.locator(".action-bar button").click()
    expect(desk.page.get_by_text("Địa bàn ổn định.")).to_be_visible()
    assert desk.overflow() == 0
    desk.page.get_by_role("button", name="Trình lãnh đạo").click()
    expect(desk.page.locator(".state-yellow").first).to_be_visible()

    report = Report.objects.get()
    phone = at_desk(leader, PHONE)
    phone.open(reverse("engagement:report", args=[report.public_id]))
    assert phone.overflow() == 0
    assert phone.accessibility() == []
    phone.page.locator(".action-bar button").click()
    expect(phone.page.locator("#files")).to_be_visible()
    jobs.run_waiting("report_file")
    expect(phone.page.get_by_role("link", name="PDF")).to_be_visible()

    desk.open(reverse("engagement:report", args=[report.public_id]))
    assert desk.overflow() == 0
    assert desk.accessibility() == []
    desk.page.get_by_label("Số văn bản").fill("125/BC-CAP")
    desk.page.get_by_role("button", name=f"Gửi {unit.parent.name}").click()
    expect(desk.page.get_by_text("Số 125/")).to_be_visible()

    above = at_desk(overseer)
    above.open(reverse("engagement:reports_overview"))
    assert above.accessibility() == []
    above.page.get_by_role("link", name=unit.name).click()
    expect(above.page.get_by_text("Địa bàn ổn định.")).to_be_visible()
    assert above.overflow() == 0
    assert [*desk.complaints, *phone.complaints, *above.complaints] == []
