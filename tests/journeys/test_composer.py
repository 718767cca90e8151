"""The composer in Chromium: it saves itself, minds others, and keeps the text when the session ends."""

import io
import re

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from accounts.permissions import Role
from campaigns.models import Topic
from posts import services
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _topics(transactional_db):
    """A test that commits leaves the tables empty; the topics come with a migration."""
    Topic.objects.get_or_create(code="lua_dao", defaults={"name_vi": "Cảnh báo lừa đảo", "name_en": "Scam warnings"})


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def post(unit, officer):
    channels = [factories.ChannelFactory(unit=unit, platform=platform) for platform in ("facebook", "zalo")]
    return factories.PostFactory(unit=unit, author=officer, channels=channels)


def edit(desk, post):
    desk.open(f"/posts/{post.public_id}/edit/")
    expect(desk.page.locator(".body-editor")).to_be_visible()
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
    page.locator(".body-editor").click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+b")
    page.keyboard.type("Gọi ngay 113.")
    saved(page)

    post.refresh_from_db()
    assert post.title == "Nhận diện cuộc gọi giả danh"
    assert post.body.endswith("<p><strong>Gọi ngay 113.</strong></p>")
    expect(page.locator(".preview-facebook")).to_contain_text("Nhận diện cuộc gọi giả danh")
    expect(page.locator("[data-part=findings]")).to_contain_text(re.compile("Zalo|Công an"))
    assert desk.complaints == []


def test_pictures_are_uploaded_described_moved_and_removed(at_desk, officer, post):
    desk = at_desk(officer)
    page = edit(desk, post)

    page.set_input_files("#files", [picture("green"), picture("red")])
    expect(page.locator(".picture")).to_have_count(2)
    page.locator(".picture textarea").nth(0).fill("Xanh")
    page.locator(".picture textarea").nth(1).fill("Đỏ")
    page.locator(".picture").nth(1).locator("[data-move=up]").click()
    saved(page)
    assert [p.alt_text for p in post.pictures.all()] == ["Đỏ", "Xanh"]

    page.locator(".picture").nth(1).locator("[data-move=remove]").click()
    expect(page.locator(".preview-facebook img")).to_have_count(1)
    assert [p.alt_text for p in post.pictures.all()] == ["Đỏ"]

    page.set_input_files("#files", [{"name": "a.png", "mimeType": "image/png", "buffer": b"<svg/>"}])
    expect(page.locator(".upload-failed")).to_contain_text("a.png")
    assert [c for c in desk.complaints if "422" not in c] == []


def test_a_newer_copy_is_told_and_mine_is_kept_until_i_decide(at_desk, officer, unit, post):
    desk = at_desk(officer)
    page = edit(desk, post)
    colleague = factories.person(Role.OFFICER, unit, full_name="Lê Văn Cường")
    fields = {n: getattr(post, n) for n in ("body", "link", "topic", "campaign", "valid_until", "wanted_at")}
    services.save(post, by=colleague, version=1, fields={**fields, "title": "Của anh Cường"}, texts={}, pictures=())

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
    services.touch(post, by=factories.person(Role.OFFICER, unit, full_name="Lê Văn Cường"), now=timezone.now())
    page = edit(at_desk(officer), post)
    expect(page.locator("#company-note")).to_contain_text("Lê Văn Cường")


def test_a_link_is_set_through_the_dialog(at_desk, officer, post):
    desk = at_desk(officer)
    page = edit(desk, post)
    page.locator(".body-editor").click()
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
    page.locator(".compose-bar .btn-primary").click()
    page.wait_for_url(re.compile(rf"/posts/{post.public_id}/$"))
    post.refresh_from_db()
    assert (post.state, post.current_revision.content["title"]) == (PostState.IN_REVIEW, "Chữ cuối cùng")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_composer_fits_the_screen_and_is_accessible(at_desk, officer, unit, post, size, scheme):
    factories.PostMedia.objects.create(post=post, media=factories.media(unit), position=0, alt_text="")
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
    page.locator(".picture textarea").fill("Ảnh xanh")
    page.locator(".compose-bar .btn-primary").click()
    page.wait_for_url(re.compile(rf"/posts/{post.public_id}/$"))
    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW
    assert post.body == "<p>Đoạn một</p><p>Đoạn hai</p>"
    assert [p.alt_text for p in post.pictures.all()] == ["Ảnh xanh"]
