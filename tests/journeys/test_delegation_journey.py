"""A chief hands approval over on a phone; the deputy approves in the chief's stead at the station's
PC, and the review names both.
"""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Delegation
from accounts.permissions import Role
from posts.models import Review
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def post():
    cache.clear()
    return factories.submitted()


def test_a_chief_hands_over_and_the_deputy_approves_in_their_stead(at_desk, post):
    chief = factories.person(Role.APPROVER, post.unit)
    deputy = factories.person(Role.OFFICER, post.unit, factor=True)
    chief.appointments.update(title="Trưởng Công an phường")
    deputy.appointments.update(title="Cán bộ tổng hợp")
    phone = at_desk(chief, PHONE)
    phone.open(reverse("accounts:delegations"))
    phone.page.locator("main a[href$='/delegations/new/']").first.click()
    phone.page.wait_for_url("**/delegations/new/")
    assert phone.overflow() == 0
    phone.page.select_option("#id_deputy", str(deputy.pk))
    last = timezone.localdate() + timedelta(days=6)
    phone.page.fill("#id_valid_to", f"{last:%d/%m/%Y}")
    phone.page.fill("#id_reason", "Nghỉ phép năm")
    phone.page.locator(".action-bar button[type=submit]").click()
    expect(phone.page.locator("main")).to_contain_text("Nghỉ phép năm")
    assert phone.overflow() == 0
    assert phone.accessibility() == []
    Delegation.objects.update(approves_from=timezone.now())  # a day later

    desk = at_desk(deputy)
    desk.open(reverse("publishing:review_queue"))
    expect(desk.page.locator("main")).to_contain_text(str(chief))
    desk.page.locator(".review-title").click()
    desk.page.locator("input[name=decision][value=approve]").check()
    desk.page.locator("[data-approve]:visible:enabled").first.click()
    expect(desk.page.locator("[data-decided]")).to_be_visible()

    held = Review.objects.get().position
    assert {"Cán bộ tổng hợp", "Trưởng Công an phường"} <= {
        part.strip()
        for part in held.replace("theo ủy quyền của", "|")
        .replace("by delegation of", "|")
        .split("|")
    }
    assert [*phone.complaints, *desk.complaints] == []
