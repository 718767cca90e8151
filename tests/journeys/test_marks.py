"""Commented words are marked in the text, and lead to their thread and back."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import PHONE
from tests.journeys.test_composer import _topics  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BODY = "<p>Ai lạ gọi đòi tiền thì dừng máy.</p><p>Nghi ngờ: <strong>gọi</strong> 113 ngay.</p>"


@pytest.fixture
def post():
    unit = factories.UnitFactory()
    channels = [factories.ChannelFactory(unit=unit, platform="facebook")]
    officer = factories.person(Role.OFFICER, unit, language="en")
    post = factories.PostFactory(unit=unit, author=officer, body=BODY, channels=channels)
    return factories.submitted(post)


@pytest.fixture
def thread(post):
    made = factories.thread(post)
    made.quote, made.place = "gọi 113", "text"
    made.save()
    return made


@pytest.mark.parametrize("size", [None, PHONE])
def test_words_under_review_lead_to_their_thread_and_back(at_desk, post, thread, size):
    leader = factories.person(Role.APPROVER, post.unit, language="en")
    desk = at_desk(leader, size) if size else at_desk(leader)
    desk.open(reverse("publishing:review", args=[post.public_id]))
    page = desk.page
    marks = page.locator("a.commented")
    expect(marks).to_have_text(["gọi 113"])

    expect(page.locator(f"a[href='#words-{thread.public_id}']")).to_be_hidden()
    marks.click()
    expect(page.locator(f"#thread-{thread.public_id} > summary")).to_be_focused()

    page.get_by_role("button", name="Show in the text").click()
    expect(marks).to_be_focused()
    expect(marks).to_be_in_viewport()


def test_without_scripts_plain_links_lead_to_the_thread_and_back(at_desk, post, thread):
    leader = factories.person(Role.APPROVER, post.unit, language="en")
    desk = at_desk(None, PHONE, java_script_enabled=False)
    desk.enter(leader)
    desk.open(reverse("publishing:review", args=[post.public_id]))
    mark, words = desk.page.locator("a.commented"), desk.page.locator(f"#words-{thread.public_id}")
    expect(mark).to_have_text(["gọi 113"])

    mark.click()
    expect(desk.page.locator(f"#thread-{thread.public_id}")).to_be_in_viewport()

    desk.page.locator(f"a[href='#words-{thread.public_id}']").click()
    expect(words).to_be_in_viewport()


@pytest.mark.parametrize("body", [BODY, "<p>Nghi ngờ: gọi 113 ngay.</p>"])
def test_the_composers_thread_selects_its_words_in_the_text(at_desk, post, thread, body):
    Post.objects.filter(pk=post.pk).update(state=PostState.CHANGES_REQUESTED, body=body)
    desk = at_desk(post.author)
    desk.open(f"/posts/{post.public_id}/edit/")
    page = desk.page
    field = page.locator(".body-editor" if body == BODY else "[name=body]")
    expect(field).to_be_visible()
    page.get_by_role("button", name="Discussion").click()
    page.get_by_role("button", name="Show in the text").click()

    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "gọi 113"
