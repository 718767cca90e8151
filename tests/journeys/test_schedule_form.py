"""The form that schedules a post, as it is filled in."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_error_leaves_when_its_field_is_filled_and_what_happens_is_in_sight(at_desk):
    post = factories.approved()
    desk = at_desk(factories.person(Role.OFFICER, post.unit), PHONE)
    desk.open(reverse("publishing:schedule", args=[post.public_id]))
    page = desk.page
    page.locator(".action-bar .btn-primary").click()
    expect(page.locator(".field.has-error")).to_have_count(1)

    page.fill("[name=due_at_0]", "03/12/2030")
    expect(page.locator(".field.has-error")).to_have_count(1)
    page.fill("[name=due_at_1]", "19h30")
    page.press("[name=due_at_1]", "Tab")

    expect(page.locator(".field.has-error, .is-invalid, [data-form-errors]")).to_have_count(0)
    will = page.locator(".will strong")
    expect(will).to_contain_text("19:30 thứ Ba 03/12/2030")
    bar = page.locator(".action-bar").bounding_box()
    assert will.bounding_box()["y"] + will.bounding_box()["height"] <= bar["y"]
    assert desk.overflow() <= 0
