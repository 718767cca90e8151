"""A video on its way up in Chromium: over a line that breaks and a page that is loaded again, by
keyboard too.
"""

import re

import pytest
from playwright.sync_api import expect

from accounts.permissions import Role
from media import incoming, videos
from media.models import Media, Upload
from tests import factories
from tests.journeys.conftest import DESK, PHONE
from tests.videos import video_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PIECES = "**/uploads/*/"
PLAY = """video => new Promise((done) => {
    video.ontimeupdate = () => video.currentTime > 0.1 && done(video.videoWidth);
    video.muted = true;
    video.play();
})"""


@pytest.fixture
def unit(transactional_db):
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def post(unit, officer):
    return factories.PostFactory(unit=unit, author=officer)


@pytest.fixture
def path(tmp_path):
    """A video of some pieces: the video, and a box of nothing behind it."""
    file = tmp_path / "Cảnh báo.mp4"
    file.write_bytes(video_file() + (3_000_000).to_bytes(4, "big") + b"free" + bytes(2_999_992))
    return file


def choose(page, post, path, desk=None):
    if desk:
        desk.open(f"/posts/{post.public_id}/edit/")
        expect(page.locator("[name=body]")).to_be_visible()
    page.set_input_files("#files", path)


def stopping_after(page, pieces: int) -> list[str]:
    """Break the line after so many pieces, until ``page.unroute``. Return where each piece
    began.
    """
    begun = []

    def carry(route):
        if route.request.method != "PATCH":
            return route.continue_()
        begun.append(route.request.headers["upload-offset"])
        return route.continue_() if len(begun) <= pieces else route.abort("connectionreset")

    page.route(PIECES, carry)
    return begun


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_video_becomes_a_card_that_plays_and_part_of_the_post(at_desk, officer, post, path, size):
    desk = at_desk(officer, size)
    page = desk.page
    choose(page, post, path, desk)

    expect(page.locator(".picture [data-tile]")).to_be_visible()
    expect(page.locator(".upload-line")).to_have_count(0)
    expect(page.locator("#save-state")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    assert [shown.media for shown in post.pictures.all()] == [Media.objects.get()]
    page.locator(".picture [data-tile]").click()
    assert page.locator(".picture video").evaluate(PLAY) == 360
    assert desk.overflow() == 0
    assert desk.accessibility() == []
    assert desk.complaints == []


def test_a_broken_line_is_reported_and_the_video_goes_on_by_itself(at_desk, officer, post, path):
    desk = at_desk(officer)
    page = desk.page
    begun = stopping_after(page, 2)
    choose(page, post, path, desk)

    expect(page.locator("#uploads [data-sending]")).to_have_text("Mất kết nối; sẽ tự gửi tiếp")
    came = Upload.objects.get().received
    assert came > 0
    page.unroute(PIECES)
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.locator(".picture [data-tile]")).to_be_visible()
    assert begun[-1] == str(came)
    assert videos.is_intact(Media.objects.get())


def test_a_page_that_is_loaded_anew_goes_on_where_the_video_stopped(at_desk, officer, post, path):
    desk = at_desk(officer)
    page = desk.page
    stopping_after(page, 2)
    choose(page, post, path, desk)
    expect(page.locator("#uploads [data-sending]")).to_have_text("Mất kết nối; sẽ tự gửi tiếp")
    came = Upload.objects.get().received
    page.unroute(PIECES)

    page.reload()
    begun = stopping_after(page, 99)
    choose(page, post, path)

    expect(page.locator(".picture [data-tile]")).to_be_visible()
    assert begun[0] == str(came)


def test_a_video_is_paused_and_stopped_by_keyboard_and_leaves_nothing(at_desk, officer, post, path):
    desk = at_desk(officer)
    page = desk.page
    stopping_after(page, 1)
    choose(page, post, path, desk)
    words, pause = page.locator("#uploads [data-sending]"), page.locator("[data-upload=pause]")
    expect(words).to_have_text("Mất kết nối; sẽ tự gửi tiếp")

    pause.focus()
    page.keyboard.press("Enter")
    expect(words).to_have_text("Đã tạm dừng")
    expect(pause).to_have_attribute("aria-pressed", "true")
    assert page.locator("#uploads").get_attribute("aria-live") == "polite"
    page.keyboard.press("Tab")
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        page.keyboard.press("Enter")

    expect(page.locator(".upload-failed")).to_contain_text("Đã dừng; không lưu lại phần nào.")
    assert (Upload.objects.count(), list(incoming.folder().iterdir())) == (0, [])


def test_what_is_no_video_is_refused_in_words(at_desk, officer, post, tmp_path):
    file = tmp_path / "video.mp4"
    file.write_text("Không phải video. " * 100)
    desk = at_desk(officer)
    choose(desk.page, post, file, desk)

    expect(desk.page.locator(".upload-failed")).to_contain_text("Tệp này không phải là ảnh")
    expect(desk.page.locator(".upload-controls")).to_have_count(0)
