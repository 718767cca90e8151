"""A leader decides on a telephone: previews one at a time, the time beside the decision."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.review.decisions import request_changes
from posts.states import PostState
from publishing.models import Delivery
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLATFORMS = ("facebook", "instagram", "threads", "zalo", "telegram")
BEGINS_IN_SIGHT = """id => {
  const {left} = document.getElementById(id).getBoundingClientRect();
  return left >= 0 && left < innerWidth / 2;
}"""
MORNING = ".time-choice:has(input[value$='T07:00'])"


@pytest.fixture
def post():
    unit = factories.UnitFactory()
    channels = [factories.ChannelFactory(unit=unit, platform=platform) for platform in PLATFORMS]
    post = factories.PostFactory(unit=unit, channels=channels, media=[factories.media(unit)])
    # An article of many screens beside texts as short as the platforms ask for.
    long = "\n\n".join(
        f"Điều {n}: không chuyển tiền theo yêu cầu qua điện thoại." for n in range(40)
    )
    post.targets.filter(channel__platform="zalo").update(text=long)
    return factories.submitted(post)


@pytest.fixture
def leader(post):
    return factories.person(Role.APPROVER, post.unit, language="en")


def open_review(desk, post):
    desk.open(reverse("publishing:review", args=[post.public_id]))
    expect(desk.page.locator("[data-approve]").first).to_be_enabled()


def at_card(page, number):
    page.wait_for_function(BEGINS_IN_SIGHT, arg=f"preview-{number}")
    expect(page.locator(f".card-steps a[href='#preview-{number}']")).to_have_attribute(
        "aria-current", "true"
    )


def test_a_leader_approves_for_a_time_with_four_taps_on_two_screens(at_desk, post, leader):
    desk = at_desk(leader, PHONE)
    page = desk.page
    desk.open(reverse("publishing:review_queue"))
    page.locator(".review-title").click()
    page.wait_for_url(f"**{reverse('publishing:review', args=[post.public_id])}*")
    expect(page.locator("[data-approve]").first).to_be_enabled()
    assert page.evaluate("document.scrollingElement.scrollHeight / innerHeight") <= 2
    page.locator(".times-open").click()
    page.locator(MORNING).click()
    page.locator("#times [data-approve]").click()
    page.locator("[data-decided]").wait_for()

    post.refresh_from_db()
    assert post.state == PostState.APPROVED
    due = {timezone.localtime(row.due_at).strftime("%H:%M") for row in Delivery.objects.all()}
    assert due == {"07:00"}
    assert desk.complaints == []


def test_the_previews_are_leafed_through_by_button_link_and_key(at_desk, post, leader):
    desk = at_desk(leader, PHONE)
    page = desk.page
    open_review(desk, post)
    expect(page.locator(".review-card")).to_have_count(2)
    at_card(page, 1)
    expect(page.locator("[data-step='-1']")).to_be_disabled()

    page.locator("[data-step='1']").click()
    at_card(page, 2)
    expect(page.locator("[data-step='1']")).to_be_disabled()
    page.locator(".card-steps a[href='#preview-1']").click()
    at_card(page, 1)
    page.locator(".review-cards").focus()
    page.keyboard.press("ArrowRight")
    at_card(page, 2)

    assert desk.overflow() <= 0
    assert desk.accessibility() == []
    assert desk.complaints == []


MARK_WORDS = """words => {
  const text = document.querySelector(".preview-text").firstChild;
  const range = document.createRange();
  range.setStart(text, text.data.indexOf(words));
  range.setEnd(text, text.data.indexOf(words) + words.length);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def test_marked_words_are_commented_on_and_taken_in_the_page(at_desk, post, leader):
    desk = at_desk(leader, PHONE)
    page = desk.page
    open_review(desk, post)
    page.evaluate(MARK_WORDS, "không yêu cầu")
    page.locator("[data-take-quote]").click()
    page.locator("#remark_text:focus").wait_for()
    page.keyboard.type("Nói mạnh hơn")
    page.locator("#remark_proposal").fill("không bao giờ đòi")
    page.locator("#new-remark .btn-primary").click()
    expect(page.locator(".thread-quote")).to_have_text("không yêu cầu")
    expect(page.locator(".thread ins")).to_have_text("không bao giờ đòi")
    assert desk.overflow() <= 0
    assert desk.accessibility() == []
    assert desk.complaints == []

    request_changes(post, post.current_revision, by=leader, reason="Xem góp ý")
    officer = at_desk(post.author, PHONE)
    officer.open(reverse("posts:discussion", args=[post.public_id]))
    officer.page.locator("form[action$='/take/'] button").click()
    officer.page.locator(".thread-acts form[action$='/reopen/']").first.wait_for(state="attached")
    post.refresh_from_db()
    assert "không bao giờ đòi" in post.body


def test_another_time_is_typed_as_it_is_written_here(at_desk, post, leader):
    desk = at_desk(leader, PHONE)
    page = desk.page
    day = timezone.localdate() + timedelta(days=3)
    open_review(desk, post)
    page.locator(".times-open").click()
    page.locator(".time-choice:has([value=other])").click()
    page.locator("#id_at_0").fill(day.strftime("%d/%m/%Y"))
    page.locator("#id_at_1").fill("8h15")
    page.locator("#times [data-approve]").click()
    page.locator("[data-decided]").wait_for()

    due = {timezone.localtime(row.due_at) for row in Delivery.objects.all()}
    assert {(at.date(), at.strftime("%H:%M")) for at in due} == {(day, "08:15")}


def test_a_return_is_two_taps_on_one_button_and_the_reason(at_desk, post, leader):
    desk = at_desk(leader, PHONE)
    page = desk.page
    open_review(desk, post)
    button = page.locator(".page-actions a", has_text="Return")
    button.click()
    page.locator("#id_reason:focus").wait_for()
    expect(page.locator("button[value=return]")).to_be_in_viewport(ratio=1)
    button.click()
    expect(page.locator("#id_reason")).to_be_focused()
    page.keyboard.type("Thiếu số trực ban")
    button.click()
    page.locator("[data-decided]").wait_for()

    post.refresh_from_db()
    assert post.state == PostState.CHANGES_REQUESTED


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_without_scripts_the_times_stand_in_the_page(at_desk, post, leader, monkeypatch, size):
    # Nothing keeps the button from being pressed at once here, and the server refuses that.
    monkeypatch.setattr("core.form_marks.SHORTEST_READING", timedelta(0))
    desk = at_desk(size=size, java_script_enabled=False)
    desk.enter(leader)
    page = desk.page
    desk.open(reverse("publishing:review", args=[post.public_id]))
    page.locator(MORNING).click()
    page.locator("#times [data-approve]").click()
    page.locator("[data-decided]").wait_for()

    post.refresh_from_db()
    assert post.state == PostState.APPROVED
    assert Delivery.objects.count() == len(PLATFORMS)


def test_the_button_names_the_chosen_time(at_desk, post, leader):
    desk = at_desk(leader, DESK)
    page = desk.page
    open_review(desk, post)
    page.locator(MORNING).click()

    for button in page.locator("[data-approve]").all():
        expect(button).to_have_text(re.compile(r"Approve · 07:00 tomorrow"))


def test_a_button_that_waits_for_the_reading_says_so(at_desk, post, leader):
    desk = at_desk(leader, PHONE)
    page = desk.page
    page.add_init_script("Date.now = () => 0")
    desk.open(reverse("publishing:review", args=[post.public_id]))
    button = page.locator("[data-approve]").first
    expect(button).to_be_disabled()
    expect(button).to_have_text("Approve · in 3 seconds, for reading")

    page.evaluate("Date.now = () => 3000")

    expect(button).to_be_enabled()
    expect(button).not_to_contain_text("reading")


def test_an_approval_pressed_without_a_line_keeps_the_page_and_goes_when_it_is_back(
    at_desk, post, leader
):
    desk = at_desk(leader, PHONE)
    page = desk.page
    open_review(desk, post)
    page.locator(".times-open").click()
    page.locator(MORNING).click()
    page.context.set_offline(True)

    page.locator("#times [data-approve]").click()

    expect(page.locator("#toasts")).to_contain_text("not sent yet")
    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW
    page.context.set_offline(False)
    page.locator("[data-decided]").wait_for()
    post.refresh_from_db()
    assert post.state == PostState.APPROVED


def test_another_button_replaces_the_one_that_waits_for_the_line(at_desk, post, leader):
    desk = at_desk(leader, DESK)
    page = desk.page
    open_review(desk, post)
    page.route("**/healthz", lambda route: route.abort())  # a line that looks alive
    page.locator(MORNING).click()
    page.locator("[data-approve]").last.click()
    expect(page.locator("#toasts")).to_contain_text("not sent yet")
    page.locator("#return-box").evaluate("box => { box.open = true }")
    page.locator("#id_reason").fill("Thiếu số trực ban")
    page.locator("button[value=return]").click()

    page.unroute("**/healthz")

    page.locator("[data-decided]").wait_for(timeout=15_000)
    post.refresh_from_db()
    assert post.state == PostState.CHANGES_REQUESTED
