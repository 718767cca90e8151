"""Signs in Chromium by which the portal asks a person to wait."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import Role
from core.quotas import QuotaExceeded
from publishing.post_list import views as post_list_views
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_list_that_is_refused_stays_as_it_was_and_a_toast_says_when(at_desk, monkeypatch):
    post = factories.PostFactory()
    desk = at_desk(factories.person(Role.OFFICER, post.unit))
    desk.open("/posts/")
    expect(desk.page.get_by_role("link", name=post.title)).to_be_visible()

    def refuse(*_about, **_more):
        raise QuotaExceeded(
            "Đề nghị thử lại sau 14:05.", again_at=timezone.now() + timedelta(minutes=1)
        )

    monkeypatch.setattr(post_list_views, "_find_posts", refuse)
    search = desk.page.get_by_role("search", name="Lọc danh sách")
    search.get_by_role("searchbox").fill("khác")
    for _again in range(2):
        with desk.page.expect_response(lambda answer: answer.status == 429):
            search.get_by_role("button", name="Lọc").click()
        expect(desk.page.locator("#toasts .portal-toast")).to_have_count(1)

    expect(desk.page.locator("#toasts .portal-toast")).to_contain_text("Đề nghị thử lại sau 14:05.")
    expect(desk.page.get_by_role("link", name=post.title)).to_be_visible()
    expect(search.get_by_role("searchbox")).to_have_value("khác")
