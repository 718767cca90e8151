"""The main job by three people and those who watch: draft → submit → approve → publish → count, in
Chromium.
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.permissions import Role
from channels.models import PlatformAllowance
from engagement.counting import services as engagement
from posts.models import Post
from publishing.engine import worker as engine
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TITLE = "Cảnh giác cuộc gọi xưng là cán bộ khu vực"


@pytest.fixture
def commune(simulator):
    """A commune with an officer, a chief, three pages in the simulator, and a province above it
    that watches.
    """
    province = factories.ProvinceFactory()
    unit = factories.UnitFactory(parent=province)
    for platform in ("facebook", "zalo", "telegram"):
        factories.connected(simulator, platform, unit)
    overseer = factories.person(Role.OVERSEER, province)
    PlatformAllowance.objects.create(
        unit=province, platform="telegram", allowed_by=overseer, reason="Thử nghiệm"
    )
    factories.topic()
    factories.CampaignFactory(unit=province)
    return {
        "unit": unit,
        "officer": factories.person(Role.OFFICER, unit),
        "chief": factories.person(Role.APPROVER, unit),
        "overseer": overseer,
        "supervisor": factories.person(Role.SUPERVISOR, province),
    }


def _sign_in(desk, person):
    desk.sign_in(person)
    return desk


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_three_people_bring_a_post_to_residents_and_see_how_it_was_taken(
    at_desk, commune, simulator, size, tmp_path
):
    officer = _sign_in(at_desk(size=size), commune["officer"])
    post = _compose(officer, tmp_path)
    taps = _approve_and_publish(_sign_in(at_desk(size=size), commune["chief"]), post)
    assert taps <= 4

    for platform in ("facebook", "zalo", "telegram"):
        engine.publish_due(platform=platform)

    assert set(Delivery.objects.values_list("platform", "state")) == {
        ("facebook", State.PUBLISHED),
        ("zalo", State.PUBLISHED),
        ("telegram", State.PUBLISHED),
    }
    for platform in ("facebook", "zalo", "telegram"):
        (seen,) = simulator.visible(platform)
        assert TITLE in f"{seen['title']} {seen['text']}"
        assert len(seen["media"]) == 1
    _find_the_live_links(officer, post)

    simulator.advance(3600)
    engagement.collect_posts(clock=lambda: timezone.now() + timedelta(minutes=30))
    _watch(_sign_in(at_desk(size=size), commune["overseer"]), commune["unit"], post)
    assert officer.complaints == []


def _compose(officer, folder) -> Post:
    page = officer.page
    officer.open(reverse("posts:new"))
    page.fill("#id_title", TITLE)
    page.wait_for_url("**/edit/")  # the first save gives the post its address
    officer.open_chip("campaign")
    page.locator("#id_campaign").select_option(index=1)
    officer.compose_step("content")
    page.fill(
        "#id_body", "Công an không yêu cầu chuyển tiền qua điện thoại. Nghi ngờ, bà con gọi 113."
    )
    picture = folder / "anh.png"
    Image.new("RGB", (1200, 630), "#14532d").save(picture)
    page.set_input_files("#files", picture)
    page.locator("#pictures li").wait_for()
    officer.describe(0, "Bảng nhắc bốn điều cần nhớ")
    officer.open_chip("topic")
    page.locator("#at-topic .choice").first.click()
    officer.saved()
    assert page.locator("input[name=channels]:checked").count() == 3
    page.locator("button[value=submit]").click()
    page.wait_for_url(lambda url: "/edit/" not in url)
    post = Post.objects.get()
    assert post.state == "in_review"
    return post


def _approve_and_publish(chief, post) -> int:
    """Go from the list of what waits to publication, and return how many times the finger touched
    the glass."""
    page = chief.page
    chief.open(reverse("publishing:review_queue"))
    page.locator(".review-title", has_text=TITLE).click()
    page.wait_for_url(f"**{reverse('publishing:review', args=[post.public_id])}*")
    taps = 3
    if page.locator(".times-open").is_visible():  # on a phone the times are a sheet
        page.locator(".times-open").click()
        taps += 1
    page.locator("label:has(input[value=now])").click()
    page.locator("#times [data-approve]").click()
    page.locator("[data-decided]").wait_for()
    post.refresh_from_db()
    assert post.state == "approved"
    assert chief.complaints == []
    return taps


def _find_the_live_links(officer, post) -> None:
    officer.open(reverse("publishing:post", args=[post.public_id]))
    found = officer.page.locator("#post .btn-list > a[target=_blank]").all()
    links = [a.get_attribute("href") for a in found]
    assert len(links) == 3
    for link in links:
        # Not `open`: a resident's browser, on the platform's own page.
        shown = officer.page.context.new_page()
        shown.goto(link)
        assert TITLE in shown.content()
        shown.close()


def _watch(overseer, unit, post) -> None:
    page = overseer.page
    overseer.open(reverse("oversight:province"))
    page.locator(f"a[href*='{reverse('oversight:unit', args=[unit.key])}']:visible").first.click()
    page.wait_for_url(f"**/oversight/{unit.key}/*")
    page.get_by_role("link", name=TITLE).first.click()
    page.wait_for_url(f"**{reverse('publishing:post', args=[post.public_id])}*")
    assert page.locator(f"a[href='{reverse('posts:edit', args=[post.public_id])}']").count() == 0
    overseer.open(reverse("engagement:campaign", args=[post.campaign.public_id]))
    best = page.locator("details", has=page.locator("a", has_text=TITLE)).first
    best.locator("summary").first.click()
    best.get_by_role("link", name=TITLE).first.wait_for()
    assert overseer.complaints == []
