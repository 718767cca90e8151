"""A post that is typed without a network arrives, and is nobody else's to read."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.editor import saving
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COPIES = "Object.keys(localStorage).filter((key) => key.startsWith('unsent:')).length"
KEPT = "Chưa lưu: mất mạng, đang giữ trên máy này"


@pytest.fixture
def post():
    factories.topic()
    return factories.PostFactory(title="Trước khi mất mạng")


def compose(desk, post):
    desk.open(reverse("posts:edit", args=[post.public_id]))
    expect(desk.page.locator("#id_title")).to_be_visible()
    return desk.page


def type_offline(page, title: str) -> None:
    page.context.set_offline(True)
    page.fill("#id_title", title)
    expect(page.locator("#save-state")).to_have_text(KEPT)


def title_of(post: Post) -> str:
    return Post.objects.get(pk=post.pk).title


def test_what_is_typed_offline_is_kept_and_saved_by_itself_on_return(at_desk, post):
    desk = at_desk(post.author, PHONE)
    page = compose(desk, post)
    type_offline(page, "Viết khi mất mạng")
    assert page.evaluate(COPIES) == 1
    assert title_of(post) == "Trước khi mất mạng"

    page.context.set_offline(False)

    desk.saved()
    assert title_of(post) == "Viết khi mất mạng"
    assert page.evaluate(COPIES) == 0


def test_what_lies_on_the_machine_is_readable_by_the_page_of_its_owner_alone(at_desk, post):
    desk = at_desk(post.author)
    page = compose(desk, post)
    type_offline(page, "Viet khi mat mang")

    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    key = page.evaluate("document.body.dataset.deviceKey")

    assert f"unsent:{post.author.public_id}:{post.public_id}" in stored
    assert "Viet khi" not in stored
    assert len(key) == 44
    assert key not in stored
    other = at_desk(factories.person(Role.OFFICER, post.unit))
    other.open(reverse("oversight:today"))
    assert other.page.evaluate("document.body.dataset.deviceKey") != key


def test_a_newer_copy_is_shown_on_return_and_both_ways_are_open(at_desk, post):
    page = compose(at_desk(post.author, DESK), post)
    type_offline(page, "Của tôi, khi mất mạng")
    colleague = factories.person(Role.OFFICER, post.unit, full_name="Lê Văn Cường")
    newer = factories.edit_of(post, title="Của anh Cường", texts={})
    saving.save(post, newer, by=colleague, version=1)

    page.context.set_offline(False)

    expect(page.locator("[data-conflict]")).to_contain_text("Lê Văn Cường")
    expect(page.locator("#id_title")).to_have_value("Của tôi, khi mất mạng")
    assert title_of(post) == "Của anh Cường"
    page.locator("[data-conflict] button").click()
    expect(page.locator("[data-conflict]")).to_have_count(0)
    expect(page.locator("#device-note")).to_have_count(0)
    assert title_of(post) == "Của tôi, khi mất mạng"
    assert page.evaluate(COPIES) == 0


def closed_offline(desk, post, title: str):
    """Close the tab before the network is back; return a new one."""
    page = compose(desk, post)
    type_offline(page, title)
    context = page.context
    page.close()
    context.set_offline(False)
    desk.page = context.new_page()
    return desk.page


def test_a_closed_tab_gets_its_text_back_after_a_question(at_desk, post):
    desk = at_desk(post.author, DESK)
    page = closed_offline(desk, post, "Viết rồi đóng thẻ")
    compose(desk, post)
    expect(page.locator("#id_title")).to_have_value("Trước khi mất mạng")

    page.locator("#device-note [data-take]").click()

    desk.saved()
    expect(page.locator("#id_title")).to_have_value("Viết rồi đóng thẻ")
    assert title_of(post) == "Viết rồi đóng thẻ"
    assert page.evaluate(COPIES) == 0
    page.reload()
    expect(page.locator("#id_title")).to_have_value("Viết rồi đóng thẻ")


def test_a_closed_tabs_text_meets_the_newer_copy_and_nothing_is_lost(at_desk, post):
    desk = at_desk(post.author, DESK)
    page = closed_offline(desk, post, "Viết rồi đóng thẻ")
    colleague = factories.person(Role.OFFICER, post.unit, full_name="Lê Văn Cường")
    newer = factories.edit_of(post, title="Của anh Cường", texts={})
    saving.save(post, newer, by=colleague, version=1)
    compose(desk, post)
    expect(page.locator("#id_title")).to_have_value("Của anh Cường")

    page.locator("#device-note [data-take]").click()

    expect(page.locator("[data-conflict]")).to_contain_text("Lê Văn Cường")
    expect(page.locator("#id_title")).to_have_value("Viết rồi đóng thẻ")
    assert title_of(post) == "Của anh Cường"


def test_a_copy_with_a_secrecy_mark_leaves_when_the_portal_refuses_it(at_desk, post):
    desk = at_desk(post.author, DESK)
    page = closed_offline(desk, post, "Kế hoạch phòng, chống ma túy (MẬT)")
    compose(desk, post)

    page.locator("#device-note [data-take]").click()

    expect(page.locator("[data-secrecy-refused]")).to_be_visible()
    assert page.evaluate(COPIES) == 0
    assert title_of(post) == "Trước khi mất mạng"


def test_the_copy_can_be_dropped(at_desk, post):
    desk = at_desk(post.author, DESK)
    page = closed_offline(desk, post, "Không cần nữa")
    compose(desk, post)

    page.locator("#device-note [data-drop]").click()

    expect(page.locator("#device-note")).to_have_count(0)
    assert page.evaluate(COPIES) == 0
    assert title_of(post) == "Trước khi mất mạng"


def test_a_new_post_that_was_never_saved_is_offered_by_the_next_one(at_desk):
    factories.topic()
    officer = factories.person()
    factories.ChannelFactory(unit=officer.current_appointments[0].unit)
    desk = at_desk(officer, PHONE)
    desk.open(reverse("posts:new"))
    type_offline(desk.page, "Bài mới khi mất mạng")
    context = desk.page.context
    desk.page.close()
    context.set_offline(False)
    page = desk.page = context.new_page()
    desk.open(reverse("posts:new"))

    page.locator("#device-note [data-take]").click()

    desk.saved()
    assert [stored.title for stored in Post.objects.all()] == ["Bài mới khi mất mạng"]
    assert page.evaluate(COPIES) == 0


def test_nobody_else_at_the_machine_finds_the_text(at_desk, post):
    desk = at_desk(post.author, DESK)
    page = closed_offline(desk, post, "Của người trước")
    desk.enter(factories.person(Role.OFFICER, post.unit))  # without a sign-out before
    compose(desk, post)
    expect(page.locator("#device-note")).to_have_count(0)
    assert page.evaluate(COPIES) == 0


def test_a_colleague_who_signs_in_saves_nothing_of_an_open_tab(at_desk, post):
    desk = at_desk(post.author, DESK)
    page = compose(desk, post)
    desk.enter(factories.person(Role.OFFICER, post.unit))  # in another tab

    page.fill("#id_title", "Của người trước")

    expect(page.locator("#signed-out-note")).to_be_visible()
    assert title_of(post) == "Trước khi mất mạng"
    desk.enter(post.author)
    # The page asks every five seconds whether its owner is back.
    expect(page.locator("#signed-out-note")).to_have_count(0, timeout=15_000)
    desk.saved()
    post.refresh_from_db()
    assert (post.title, post.last_editor) == ("Của người trước", post.author)


def test_signing_out_removes_the_text(at_desk, post):
    desk = at_desk(post.author, DESK)
    page = closed_offline(desk, post, "Trước khi đăng xuất")
    desk.open(reverse("oversight:today"))
    assert page.evaluate(COPIES) == 1
    page.locator("[popovertarget=user-menu]").click()
    page.locator("#user-menu [data-sign-out] button").click()
    page.wait_for_url(re.compile("/login/"))
    assert page.evaluate(COPIES) == 0


def leave_at_once(page, how) -> None:
    """Close the tab or go back, and agree where the browser asks."""
    page.on("dialog", lambda dialog: dialog.accept())
    if how == "close":
        with page.expect_event("close"):
            page.close(run_before_unload=True)
    else:
        page.go_back()


@pytest.mark.parametrize("how", ["close", "back"])
def test_who_leaves_while_typing_has_it_saved(at_desk, post, how):
    desk = at_desk(post.author, PHONE)
    page = compose(desk, post)
    page.fill("[name=body]", "Câu cuối cùng")
    leave_at_once(page, how)

    desk.page = desk.page.context.new_page()
    for _attempt in range(20):  # what is sent last may arrive a moment after the page is gone
        page = compose(desk, post)
        if page.input_value("[name=body]") == "Câu cuối cùng":
            break
    assert page.input_value("[name=body]") == "Câu cuối cùng"
    expect(page.locator("#device-note")).to_have_count(0)
    assert page.evaluate(COPIES) == 0


def test_who_leaves_while_a_save_is_under_way_gets_the_rest_back(at_desk, post):
    desk = at_desk(post.author, PHONE)
    page = compose(desk, post)
    page.context.route("**/autosave/", lambda route: None)  # an answer that does not come
    page.fill("#id_title", "Nửa đầu")
    with page.expect_request("**/autosave/"):
        page.locator("#id_title").blur()
    page.fill("#id_title", "Nửa đầu và nửa sau")
    leave_at_once(page, "close")

    desk.page = desk.page.context.new_page()
    page = compose(desk, post)
    page.locator("#device-note [data-take]").click()

    expect(page.locator("#id_title")).to_have_value("Nửa đầu và nửa sau")


def test_who_writes_on_after_a_lost_answer_meets_no_conflict(at_desk, post):
    desk = at_desk(post.author, PHONE)
    page = compose(desk, post)
    lost = []

    def lose_answer(route):
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/autosave/**", lose_answer, times=1)
    page.fill("#id_title", "Lưu rồi, mất hồi âm")
    expect(page.locator("#save-state")).to_have_text(KEPT)
    page.fill("#id_title", "Lưu rồi, mất hồi âm, viết tiếp")

    desk.saved()
    expect(page.locator("[data-conflict]")).to_have_count(0)
    assert lost == [200]
    assert title_of(post) == "Lưu rồi, mất hồi âm, viết tiếp"


def test_a_post_submitted_without_a_line_stays_on_the_page_and_goes_when_it_is_back(at_desk):
    unit = factories.UnitFactory()
    officer = factories.person(Role.OFFICER, unit)
    channel = factories.ChannelFactory(unit=unit)
    post = factories.PostFactory(unit=unit, author=officer, channels=[channel])
    desk = at_desk(officer, PHONE)
    page = compose(desk, post)
    desk.compose_step("submit")
    page.context.set_offline(True)

    page.locator(".bar-submit").click()

    expect(page.locator("#toasts")).to_contain_text("chưa gửi")
    assert Post.objects.get(pk=post.pk).state == PostState.DRAFT
    page.context.set_offline(False)
    page.wait_for_url(re.compile(f"/posts/{post.public_id}/$"))
    assert Post.objects.get(pk=post.pk).state == PostState.IN_REVIEW
