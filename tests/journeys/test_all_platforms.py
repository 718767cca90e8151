"""One post, one upright video and three pictures, six platforms: composed once, approved on a
telephone, published at its time, and seen by residents on each as its format shows it.
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from accounts.permissions import Role
from media.models import Media
from posts.models import Post
from publishing.engine import uploads
from publishing.engine import worker as engine
from publishing.models import Delivery
from publishing.reconciliation import reconcile
from publishing.states import State
from tests import factories, videos
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TITLE = "Nhận diện cuộc gọi giả danh cán bộ"
SRT = "1\n00:00:00,500 --> 00:00:03,000\nCông an không làm việc qua điện thoại.\n"
# What the officer asks for, where it is not what fits best.
FORMATS = {"facebook": "reel"}
# How many files residents are shown: the video alone, or the pictures too; Zalo's cover is one of
# these once more.
SEEN = {"facebook": 1, "zalo": 5, "tiktok": 1, "youtube": 1, "instagram": 4, "threads": 4}


@pytest.fixture
def commune(simulator):
    unit = factories.UnitFactory()
    factories.topic()
    factories.CampaignFactory(unit=unit.parent)
    return {
        "unit": unit,
        "channels": {platform: factories.connected(simulator, platform, unit) for platform in SEEN},
        "officer": factories.person(Role.OFFICER, unit),
        "chief": factories.person(Role.APPROVER, unit),
    }


def test_one_composer_serves_six_platforms(at_desk, commune, simulator, tmp_path):
    officer = at_desk(commune["officer"])
    requested = (timezone.now() + timedelta(hours=2)).replace(second=0, microsecond=0)
    post = _compose(officer, commune["channels"], tmp_path, requested)
    _approve(at_desk(commune["chief"], PHONE), post)
    assert set(Delivery.objects.values_list("state", "due_at")) == {(State.SCHEDULED, requested)}

    _publish(simulator, requested)

    assert dict(Delivery.objects.values_list("platform", "state")) == dict.fromkeys(
        SEEN, State.PUBLISHED
    )
    _look_at_each(at_desk(), simulator)
    assert officer.complaints == []


def _compose(officer, channels, folder, requested) -> Post:
    page = officer.page
    officer.open(reverse("posts:new"))
    page.fill("#id_title", TITLE)
    page.wait_for_url("**/edit/")  # the first save gives the post its address
    officer.open_chip("campaign")
    page.locator("#id_campaign").select_option(index=1)
    page.fill(
        "#id_body", "Công an không yêu cầu chuyển tiền qua điện thoại. Nghi ngờ, bà con gọi 113."
    )
    officer.open_chip("topic")
    page.locator("#at-topic .choice").first.click()
    officer.open_chip("wanted")
    page.fill("#id_requested_time_0", timezone.localtime(requested).strftime("%d/%m/%Y"))
    page.fill("#id_requested_time_1", timezone.localtime(requested).strftime("%H:%M"))
    page.keyboard.press("Escape")

    video = folder / "phim.mp4"
    video.write_bytes(videos.video_file(540, 960, 4.0))
    pictures = []
    for number, colour in enumerate(("#14532d", "#7a4d00", "#1b4f91"), start=1):
        pictures.append(folder / f"anh{number}.png")
        Image.new("RGB", (1080, 1080), colour).save(pictures[-1])
    page.set_input_files("#files", [video, *pictures])
    cards = page.locator(".picture")
    expect(cards).to_have_count(4, timeout=60_000)
    for number in range(1, 4):
        officer.describe(number, f"Điều cần nhớ thứ {number}")
    cards.first.locator("[data-tile]").click()
    cards.first.locator(".captions summary").click()
    cards.first.locator(".captions-text").fill(SRT)
    cards.first.locator(".btn-icon[data-close]").click()

    for platform, form in FORMATS.items():
        page.locator(f"#tab-{channels[platform].public_id}").click()
        box = page.locator(f"#at-{channels[platform].public_id}")
        box.locator(".kind-box > summary").click()
        box.locator(f"input[name^=format-][value={form}]").check()
    # TikTok: nothing is chosen beforehand, what the account allows is asked for, and the choice is
    # the officer's.
    page.locator(f"#tab-{channels['tiktok'].public_id}").click()
    tiktok = page.locator(f"#at-{channels['tiktok'].public_id}")
    expect(tiktok.locator("[data-left]")).to_be_visible()
    privacy = tiktok.locator("[data-option=privacy]")
    expect(privacy.locator("input:checked")).to_have_count(0)
    expect(privacy.locator("input[value=FOLLOWER_OF_CREATOR]")).to_be_disabled()
    privacy.locator("input[value=PUBLIC_TO_EVERYONE]").check()
    expect(page.locator("[data-part=findings] .check-fine")).to_have_count(1)

    facebook = channels["facebook"].public_id
    page.locator(f"#tab-{facebook}").click()
    expect(page.locator(f"[data-preview='{facebook}'] .look-upright video")).to_be_visible()
    page.locator("button[value=submit]").click()
    page.wait_for_url(lambda url: "/edit/" not in url)
    post = Post.objects.get()
    assert post.state == "in_review"
    assert post.pictures.first().captions.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:03.000\n")
    return post


def _approve(chief, post) -> None:
    """Approve on the telephone: the video plays in the preview, then one tap approves and
    schedules."""
    page = chief.page
    chief.open(reverse("publishing:review", args=[post.public_id]))
    assert page.locator(".preview").count() == len(SEEN)
    assert page.locator(".preview-tiktok dt").count() >= 4
    assert chief.overflow() <= 0
    playing = page.locator(".preview-facebook video").evaluate(
        """video => new Promise(done => {
            video.ontimeupdate = () => video.currentTime > 0.1 && done(video.videoHeight > video.videoWidth);
            video.muted = true;
            video.play();
        })"""  # noqa: E501
    )
    assert playing
    page.locator("[data-approve]:visible").first.click()
    page.locator("[data-decided]").wait_for()
    post.refresh_from_db()
    assert post.state == "approved"
    assert chief.complaints == []


def _publish(simulator, due) -> None:
    """Run the engine's scheduled tasks, by a clock that runs ahead of ours, until the platforms
    have done their part."""
    ahead = due - timedelta(minutes=10) - timezone.now()

    def clock():
        return timezone.now() + ahead

    def ring():
        for platform in SEEN:
            uploads.prepare_due(platform=platform, clock=clock)
            engine.publish_due(platform=platform, clock=clock)
            reconcile.reconcile(platform=platform, clock=clock)

    for _step in range(8):  # before the hour: videos are brought there, and nobody sees anything
        ring()
        simulator.advance(30)
        ahead += timedelta(seconds=30)
    assert [seen for platform in SEEN for seen in simulator.visible(platform)] == []
    simulator.advance(400)
    ahead = due + timedelta(seconds=1) - timezone.now()
    for _step in range(60):
        ring()
        if not Delivery.objects.exclude(state=State.PUBLISHED).exists():
            return
        simulator.advance(30)
        ahead += timedelta(seconds=30)


def _look_at_each(resident, simulator) -> None:
    video = Media.objects.get(content_type="video/mp4")
    page = resident.page
    for platform, files in SEEN.items():
        (seen,) = simulator.visible(platform)
        assert seen["media"].count(video.sha256) == 1
        assert (platform, len(seen["media"])) == (platform, files)
        page.goto(Delivery.objects.get(platform=platform).permalink)
        shown = page.locator("main")
        expect(shown).to_contain_text(TITLE)
        # Some of the stand-ins play the video, others only name it.
        assert shown.locator("video").count() + shown.inner_text().count("▶ Video") == 1
