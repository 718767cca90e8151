"""A post on a topic that asks for it goes through two hands: the chief approves with a time on the
phone, the province approves at the PC, and only then it is scheduled.
"""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def post():
    cache.clear()
    post = factories.submitted()
    factories.topic_rule(post.unit.parent)
    return post


def test_a_post_is_approved_by_the_unit_and_then_by_the_province(at_desk, post):
    chief = factories.person(Role.APPROVER, post.unit)
    overseer = factories.person(Role.OVERSEER, post.unit.parent)
    phone = at_desk(chief, PHONE)
    phone.open(reverse("publishing:review", args=[post.public_id]))
    phone.page.locator("[popovertarget=times]").click()
    phone.page.locator(".time-choice:has(input[value$='T07:00'])").click()
    phone.page.locator("#times [data-approve]").click()
    expect(phone.page.locator("[data-decided]")).to_be_visible()
    assert phone.overflow() == 0
    post.refresh_from_db()
    assert (post.state, post.endorsed_revision) == (PostState.IN_REVIEW, post.current_revision)
    assert post.requested_time is not None
    assert not post.deliveries.exists()

    desk = at_desk(overseer)
    desk.open(reverse("publishing:second_queue"))
    assert desk.accessibility() == []
    desk.page.locator(".review-title").click()
    expect(desk.page.locator("main")).to_contain_text(str(chief))
    desk.page.locator("[data-approve]:visible:enabled").first.click()
    expect(desk.page.locator("[data-decided]")).to_be_visible()

    post.refresh_from_db()
    assert post.state == PostState.APPROVED
    assert post.deliveries.get().due_at == post.requested_time
    assert [*phone.complaints, *desk.complaints] == []
