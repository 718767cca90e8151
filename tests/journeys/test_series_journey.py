"""A post is repeated: from the composer to the days, to the approver's one sheet."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Notice
from accounts.permissions import Role
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_post_is_repeated_and_approved_from_one_sheet(at_desk, monkeypatch):
    monkeypatch.setattr("core.form_marks.SHORTEST_READING", timedelta(0))
    unit = factories.UnitFactory()
    officer = factories.person(Role.OFFICER, unit, language="en")
    chief = factories.person(Role.APPROVER, unit, language="en")
    first = timezone.localtime(timezone.now() + timedelta(days=3)).replace(
        hour=7, minute=30, second=0, microsecond=0
    )
    post = factories.PostFactory(unit=unit, author=officer, requested_time=first)

    phone = at_desk(officer, PHONE)
    page = phone.page
    phone.open(reverse("posts:edit", args=[post.public_id]))
    page.locator("[popovertarget=compose-more]").click()
    page.locator("a[href$='/repeat/']").click()
    page.locator("[name=times]").fill("4")
    page.locator(".action-bar button").click()
    expect(page.locator(".series-times li")).to_have_count(4)
    assert phone.accessibility() == []
    page.locator("[name=make]").click()
    page.locator("form[action$='/submit/'] button").click()
    expect(page.locator("#toasts")).to_contain_text("4 posts")
    assert phone.overflow() == 0

    desk = at_desk(chief)
    page = desk.page
    desk.open(reverse("publishing:review_queue"))
    page.locator("a[href$='/review/'][href*='/series/']").click()
    expect(page.locator(".series-choice input:checked")).to_have_count(4)
    assert desk.accessibility() == []
    page.locator(".series-choice input").last.uncheck()
    page.locator("#bulk button.btn-primary").click()
    page.wait_for_url(f"**{reverse('publishing:review_queue')}")

    states = Post.objects.order_by("occurrence__number").values_list("state", flat=True)
    assert list(states) == [PostState.APPROVED] * 3 + [PostState.IN_REVIEW]
    due = list(Delivery.objects.order_by("due_at").values_list("due_at", flat=True))
    assert due == [first + timedelta(weeks=n) for n in range(3)]
    (notice,) = Notice.objects.filter(user=officer)
    assert (notice.kind, notice.facts["n"]) == ("series_approved", "3")
    assert [*phone.complaints, *desk.complaints] == []
