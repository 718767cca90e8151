"""The composer in Chromium: it saves itself, minds others, and keeps the text when the session
ends.
"""

import io
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from accounts.permissions import Role
from campaigns.models import Topic
from channels.models import PlatformAllowance
from channels.states import Kind
from posts.editor import saving
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _topics(transactional_db):
    """A test that commits leaves the tables empty; the topics come with a migration."""
    Topic.objects.get_or_create(
        code="lua_dao", defaults={"name_vi": "Cảnh báo lừa đảo", "name_en": "Scam warnings"}
    )


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def post(unit, officer):
    channels = [
        factories.ChannelFactory(unit=unit, platform=platform) for platform in ("facebook", "zalo")
    ]
    return factories.PostFactory(unit=unit, author=officer, channels=channels)


def edit(desk, post):
    desk.open(f"/posts/{post.public_id}/edit/")
    expect(desk.page.locator("[name=body]")).to_be_visible()
    return desk.page


def saved(page) -> None:
    expect(page.locator("#save-state")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))


def picture(colour: str) -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(out, "PNG")
    return {"name": f"{colour}.png", "mimeType": "image/png", "buffer": out.getvalue()}


def test_what_is_typed_is_saved_and_shown_as_it_will_look(at_desk, officer, post):
    desk = at_desk(officer)
    page = edit(desk, post)

    page.fill("[name=title]", "Nhận diện cuộc gọi giả danh")
    desk.format_text()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+b")
    page.keyboard.type("Gọi ngay 113.")
    saved(page)

    post.refresh_from_db()
    assert post.title == "Nhận diện cuộc gọi giả danh"
    assert post.body.endswith("<p><strong>Gọi ngay 113.</strong></p>")
    expect(page.locator(".preview-facebook")).to_contain_text("Nhận diện cuộc gọi giả danh")
    # Zalo wants a picture: it is off by itself, and nothing is missing.
    expect(page.locator("[data-part=findings]")).to_contain_text("Bài đã đủ nội dung")
    expect(page.locator(".channel-unfit").first).to_have_text("Cần có ảnh hoặc video")
    assert desk.complaints == []


def test_a_new_post_is_written_at_once_with_the_keyboard(at_desk, officer, post):
    desk = at_desk(officer)
    desk.open(reverse("posts:new"))

    desk.page.keyboard.type("Gọi 114 khi có cháy")

    expect(desk.page.locator("#id_title")).to_have_value("Gọi 114 khi có cháy")


def test_pictures_are_described_one_after_the_other_and_the_last_ends_it(at_desk, officer, post):
    desk = at_desk(officer, PHONE)
    page = edit(desk, post)
    page.set_input_files("#files", [picture("green"), picture("red")])
    expect(page.locator(".picture")).to_have_count(2)

    page.locator("[data-tile]").first.click()
    page.keyboard.type("Xanh")
    page.locator("dialog[open] [data-next-tile]").click()
    page.keyboard.type("Đỏ")
    expect(page.locator("dialog[open] [data-next-tile]")).to_be_hidden()
    page.locator("dialog[open] .tile-done").click()

    expect(page.locator("dialog[open]")).to_have_count(0)
    assert [box.input_value() for box in page.locator(".alt-text").all()] == ["Xanh", "Đỏ"]


def test_pictures_are_uploaded_described_moved_and_removed(at_desk, officer, post):
    desk = at_desk(officer)
    page = edit(desk, post)

    page.set_input_files("#files", [picture("green"), picture("red")])
    expect(page.locator(".picture")).to_have_count(2)
    desk.describe(0, "Xanh")
    desk.describe(1, "Đỏ")
    page.locator("[data-tile]").nth(1).click()
    page.locator("dialog[open] [data-move=up]").click()
    page.keyboard.press("Escape")
    expect(page.locator(".preview-facebook img").first).to_have_attribute("alt", "Đỏ")
    saved(page)
    assert [p.alt_text for p in post.pictures.all()] == ["Đỏ", "Xanh"]

    page.locator("[data-tile]").nth(1).click()
    page.locator("dialog[open] [data-move=remove]").click()
    expect(page.locator(".preview-facebook img")).to_have_count(1)
    assert [p.alt_text for p in post.pictures.all()] == ["Đỏ"]

    page.set_input_files(
        "#files", [{"name": "a.png", "mimeType": "image/png", "buffer": b"<svg/>"}]
    )
    expect(page.locator(".upload-failed")).to_contain_text("a.png")
    assert [c for c in desk.complaints if "422" not in c] == []


def test_a_picture_goes_up_again_while_the_portal_starts_anew(at_desk, officer, post):
    page = edit(at_desk(officer), post)
    answers = [502, 503, 504]

    def answer(route):
        if not answers:
            return route.continue_()
        return route.fulfill(status=answers.pop(0), headers={"Retry-After": "1"}, body="<html>")

    page.route("**/upload/", answer)
    page.set_input_files("#files", [picture("green")])

    expect(page.locator(".picture")).to_have_count(1)
    expect(page.locator(".upload-line")).to_have_count(0)


def test_a_newer_copy_is_reported_and_mine_is_kept_until_i_decide(at_desk, officer, unit, post):
    desk = at_desk(officer)
    page = edit(desk, post)
    colleague = factories.person(Role.OFFICER, unit, full_name="Lê Văn Cường")
    newer = factories.edit_of(post, title="Của anh Cường", texts={})
    saving.save(post, newer, by=colleague, version=1)

    page.fill("[name=title]", "Của tôi")
    expect(page.locator("[data-conflict]")).to_contain_text("Lê Văn Cường")
    expect(page.locator("[name=title]")).to_have_value("Của tôi")
    assert Post.objects.get(pk=post.pk).title == "Của anh Cường"

    page.locator("[data-conflict] button").click()
    page.wait_for_load_state()
    expect(page.locator("[data-conflict]")).to_have_count(0)
    assert Post.objects.get(pk=post.pk).title == "Của tôi"


def test_a_session_that_ended_keeps_the_text_and_saves_it_after_signing_in(at_desk, officer, post):
    desk = at_desk(officer)
    page = edit(desk, post)
    context = page.context
    context.clear_cookies(name="sessionid")

    page.fill("[name=title]", "Viết khi đã hết phiên")
    expect(page.locator("#signed-out-note")).to_be_visible()
    with context.expect_page() as opened:
        page.locator("#signed-out-note a").click()
    login = opened.value
    login.fill("input[name=login]", officer.username)
    login.fill("input[name=password]", factories.PASSWORD)
    login.press("input[name=password]", "Enter")
    login.wait_for_url(lambda url: "/login" not in url)
    login.close()

    saved(page)
    expect(page.locator("#signed-out-note")).to_have_count(0)
    assert Post.objects.get(pk=post.pk).title == "Viết khi đã hết phiên"


def test_others_at_the_same_post_are_named(at_desk, officer, unit, post):
    saving.note_editing(
        post, by=factories.person(Role.OFFICER, unit, full_name="Lê Văn Cường"), now=timezone.now()
    )
    page = edit(at_desk(officer), post)
    expect(page.locator("#company-note")).to_contain_text("Lê Văn Cường")


def test_a_link_is_set_through_the_dialog(at_desk, officer, post):
    desk = at_desk(officer)
    page = edit(desk, post)
    desk.format_text()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+k")
    page.fill("#link-address", "https://dichvucong.gov.vn/")
    page.keyboard.press("Enter")
    saved(page)
    assert '<a href="https://dichvucong.gov.vn/">' in Post.objects.get(pk=post.pk).body
    assert desk.complaints == []


def test_submitting_right_after_typing_loses_nothing(at_desk, officer, post, unit):
    post.targets.filter(channel__platform="zalo").delete()
    page = edit(at_desk(officer), post)
    page.fill("[name=title]", "Chữ cuối cùng")
    page.locator(".bar-submit").click()
    page.wait_for_url(re.compile(rf"/posts/{post.public_id}/$"))
    post.refresh_from_db()
    assert (post.state, post.current_revision.content["title"]) == (
        PostState.IN_REVIEW,
        "Chữ cuối cùng",
    )


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_composer_fits_the_screen_and_is_accessible(at_desk, officer, unit, post, size, scheme):
    factories.PostMedia.objects.create(
        post=post, media=factories.media(unit), position=0, alt_text=""
    )
    desk = at_desk(officer, size, color_scheme=scheme)
    edit(desk, post)
    assert desk.overflow() <= 0
    assert desk.accessibility() == []
    assert desk.complaints == []


def test_without_javascript_a_post_is_written_and_submitted(at_desk, officer, post):
    post.targets.filter(channel__platform="zalo").delete()
    desk = at_desk(officer, java_script_enabled=False)
    desk.open(f"/posts/{post.public_id}/edit/")
    page = desk.page
    page.fill("[name=body]", "Đoạn một\n\nĐoạn hai")
    page.set_input_files("#files", [picture("green")])
    page.locator("button[value=upload]").click()
    page.locator(".picture .alt-text").fill("Ảnh xanh")
    page.locator(".bar-submit").click()
    page.wait_for_url(re.compile(rf"/posts/{post.public_id}/$"))
    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW
    assert post.body == "<p>Đoạn một</p><p>Đoạn hai</p>"
    assert [p.alt_text for p in post.pictures.all()] == ["Ảnh xanh"]


# --- Formats, options, captions -------------------------------------------------------------------


@pytest.fixture
def with_video(unit, officer, simulator):
    """A draft with a video and a picture, for TikTok in the simulator and for YouTube."""
    channels = [
        factories.connected(simulator, "tiktok", unit),
        factories.ChannelFactory(unit=unit, platform="youtube"),
    ]
    media = [factories.video(unit, seconds=30), factories.media(unit)]
    return factories.PostFactory(unit=unit, author=officer, channels=channels, media=media)


def test_only_the_options_of_the_format_are_shown_and_only_what_the_page_allows_can_be_chosen(
    at_desk, officer, with_video, simulator
):
    simulator.settings(tiktok_closed=["comment"], tiktok_private_accounts=True)
    desk = at_desk(officer)
    page = edit(desk, with_video)
    page.locator("[role=tab]", has=page.locator(".platform-tiktok")).click()
    tiktok = page.locator(".channel", has=page.locator(".platform-tiktok"))
    expect(tiktok.locator("[data-left]")).to_be_visible()
    expect(tiktok.locator("[data-option=comments] input")).to_be_disabled()
    expect(tiktok.locator("[data-option=privacy] input[value=PUBLIC_TO_EVERYONE]")).to_be_disabled()
    tiktok.locator(".kind-box > summary").click()
    expect(tiktok.locator("[data-option=duet]")).to_be_visible()

    tiktok.locator("input[value=photo]").check()
    expect(tiktok.locator("[data-option=duet]")).to_be_hidden()
    expect(tiktok.locator("[data-kind=photo]")).to_be_visible()
    tiktok.locator("[data-option=privacy] input[value=SELF_ONLY]").check()
    expect(page.locator("[data-part=findings] .check-fine")).to_have_count(1)
    saved(page)

    target = with_video.targets.get(channel__platform="tiktok")
    assert (target.format, target.options) == ("photo", {"privacy": "SELF_ONLY"})
    assert desk.complaints == []


def test_a_finding_leads_to_the_choice_that_is_missing(at_desk, officer, with_video):
    page = edit(at_desk(officer), with_video)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#at-findings")).to_be_focused()
    page.locator(".check-list a[href$=-privacy]").click()
    expect(page.locator("[data-option=privacy] input").first).to_be_focused()


def test_a_file_of_captions_becomes_text_that_is_saved(at_desk, officer, with_video):
    desk = at_desk(officer)
    page = edit(desk, with_video)
    card = page.locator(".picture").first
    card.locator("[data-tile]").click()
    card.locator(".captions summary").click()
    srt = "1\r\n00:00:01,000 --> 00:00:02,000\r\nChào bà con\r\n".encode("utf-16")
    card.locator("input[data-captions]").set_input_files(
        {"name": "a.srt", "mimeType": "text/plain", "buffer": srt}
    )
    saved(page)
    assert (
        with_video.pictures.first().captions
        == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nChào bà con\n"
    )

    card.locator(".captions-text").fill("0:01 – 0:02 có giờ\nkhông có giờ")
    saved(page)
    expect(card.locator(".said-block")).to_contain_text("2")
    expect(card.locator(".tile-dot")).to_have_count(1)
    assert with_video.pictures.first().captions.endswith("không có giờ")
    card.locator(".captions-text").fill("Dừng lại.\nGọi 113.")
    saved(page)
    expect(card.locator(".said-block")).to_have_count(0)
    card.locator(".captions-text").press("Control+End")
    card.locator(".captions-text").press("Enter")
    card.locator("[data-insert-time]").click()
    expect(card.locator(".captions-text")).to_have_value("Dừng lại.\nGọi 113.\n0:00 – ")
    assert desk.complaints == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_seven_channels_with_everything_open_fit_the_screen_and_are_accessible(
    at_desk, officer, unit, size, scheme
):
    officer_of = factories.person(Role.OVERSEER, unit.parent)
    PlatformAllowance.objects.create(
        unit=unit.parent, platform="telegram", allowed_by=officer_of, reason="Thử"
    )
    channels = [factories.ChannelFactory(unit=unit, platform=platform) for platform in Kind.values]
    media = [factories.video(unit, seconds=30), *[factories.media(unit) for _ in range(3)]]
    post = factories.PostFactory(
        unit=unit, author=officer, channels=channels, media=media, link="https://x.vn/"
    )
    desk = at_desk(officer, size, color_scheme=scheme)
    page = edit(desk, post)
    desk.compose_step("channels")
    for channel in channels:
        if size == PHONE:
            page.locator(f"[data-open='{channel.public_id}']").click()
        else:
            page.locator(f"#tab-{channel.public_id}").click()
        box = page.locator(f"#at-{channel.public_id}")
        expect(box.locator(".preview")).to_be_visible()
        box.locator(".kind-box").evaluate_all("boxes => boxes.forEach(box => (box.open = true))")
        assert desk.overflow() <= 0
        if channel.platform in ("facebook", "tiktok"):
            assert desk.accessibility() == []
        if size == PHONE:
            page.keyboard.press("Escape")
            expect(box.locator("dialog")).to_be_hidden()
    if size == PHONE:  # a switch that the bar covers in part counts as too small
        page.set_viewport_size({**PHONE, "height": 1600})
    assert desk.accessibility() == []
    assert desk.complaints == []


def test_a_save_that_comes_too_often_is_said_and_made_up_for(at_desk, officer, post, settings):
    settings.QUOTAS = settings.QUOTAS | {"autosave": [(0, 2)]}
    page = edit(at_desk(officer), post)
    page.fill("[name=title]", "Cảnh giác cuộc gọi giả danh")
    expect(page.locator("#notices")).to_contain_text("quá nhiều lần")
    assert page.input_value("[name=title]") == "Cảnh giác cuộc gọi giả danh"

    settings.QUOTAS = settings.QUOTAS | {"autosave": [(100, 60)]}

    saved(page)
    expect(page.locator("#notices")).not_to_contain_text("quá nhiều lần")
    post.refresh_from_db()
    assert post.title == "Cảnh giác cuộc gọi giả danh"
