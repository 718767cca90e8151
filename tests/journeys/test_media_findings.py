"""The officer decides on what was found in a picture: three faces in two taps, then the post is
submitted; before, it is not.
"""

import re

import pytest
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.factories import FACE
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def picture(unit):
    return factories.media(unit)


@pytest.fixture
def post(unit, officer, picture):
    return factories.PostFactory(unit=unit, author=officer, media=[picture])


def submit(page) -> None:
    for _step in range(2):
        if not page.locator(".bar-submit").is_visible():
            page.locator(".bar-next").click()
    page.locator(".bar-submit").click()


def test_three_faces_are_blurred_in_two_taps_and_the_post_is_submitted(
    at_desk, officer, post, picture
):
    factories.scanned(picture, FACE, FACE, FACE)
    desk = at_desk(officer, PHONE)
    desk.open(f"/posts/{post.public_id}/edit/")
    page = desk.page

    page.locator("[data-findings]").click()
    expect(page.locator("#findings-body [data-box]")).to_have_count(3)
    assert desk.overflow() <= 0
    assert desk.accessibility() == []
    page.get_by_role("button", name="Che mờ cả 3 khuôn mặt").click()

    # The new picture stands in the draft with its description, and is checked.
    expect(page.locator(f'[data-picture="{picture.public_id}"]')).to_have_count(0)
    expect(page.locator("#findings-body")).to_contain_text("Đã kiểm tra")
    expect(page.locator("#save-state")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    page.locator("#findings-sheet [data-close]").click()
    expect(page.locator(".alt-text").first).to_have_value("Ảnh minh họa")
    submit(page)
    page.wait_for_url(re.compile(rf"/posts/{post.public_id}/$"))
    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW
    assert post.pictures.get().media.made_from == picture
    assert desk.complaints == []


def test_a_post_is_not_submitted_while_its_picture_is_not_checked(at_desk, officer, post, picture):
    factories.scanned(picture, state="waiting", progress=0)
    desk = at_desk(officer, DESK)
    desk.open(f"/posts/{post.public_id}/edit/")
    page = desk.page

    expect(page.locator(".picture-scans")).to_contain_text("Chờ kiểm tra")
    with page.expect_response(re.compile("/submit/$")) as answer:
        submit(page)
    assert answer.value.headers["location"].endswith("/edit/#at-findings")
    expect(page.locator("#at-findings")).to_contain_text("Ảnh 1 đang được kiểm tra")
    assert Post.objects.get(pk=post.pk).state == PostState.DRAFT

    # The page tells by itself when the scanners are done.
    factories.scanned(picture)
    expect(page.locator(".picture-scans")).to_contain_text("Đã kiểm tra")
    expect(page.locator("#at-findings")).not_to_contain_text("đang được kiểm tra")
    submit(page)
    page.wait_for_url(re.compile(rf"/posts/{post.public_id}/$"))


def test_without_javascript_the_page_of_findings_does_the_same(at_desk, officer, post, picture):
    factories.scanned(picture, FACE, FACE)
    desk = at_desk(size=PHONE, java_script_enabled=False)
    desk.sign_in(officer)
    desk.open(f"/posts/{post.public_id}/edit/")
    page = desk.page

    page.locator(".scan-button").click()
    page.get_by_role("button", name="Che mờ cả 2 khuôn mặt").click()

    expect(page.locator("#findings-body")).to_contain_text("Đã kiểm tra")
    assert post.pictures.get().media.made_from == picture
