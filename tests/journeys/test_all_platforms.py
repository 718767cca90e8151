"""One post, one upright video and three pictures, six platforms: composed once, approved on a telephone, published at
its time, and seen by residents on each as its format shows it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.models import Media, Post
from publishing import engine, settling, uploads
from publishing.models import Delivery
from publishing.states import State
from tests import factories, videos
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TITLE = "Nhận diện cuộc gọi giả danh cán bộ"
SRT = "1\n00:00:00,500 --> 00:00:03,000\nCông an không làm việc qua điện thoại.\n"
# What the officer asks for, where it is not what fits best.
FORMATS = {"facebook": "reel"}
# How many files residents are shown: the video alone, or the pictures too; Zalo's cover is one of these once more.
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
    wanted = (timezone.now() + timedelta(hours=2)).replace(second=0, microsecond=0)
    post = _compose(officer, commune["channels"], tmp_path, wanted)
    _approve(at_desk(commune["chief"], PHONE), post)
    assert set(Delivery.objects.values_list("state", "due_at")) == {(State.SCHEDULED, wanted)}

    _publish(simulator, wanted)

    assert dict(Delivery.objects.values_list("platform", "state")) == dict.fromkeys(SEEN, State.PUBLISHED)
    _look_at_each(at_desk(), simulator)
    assert officer.complaints == []


def _compose(officer, channels, folder, wanted) -> Post:
    page = officer.page
    officer.open(reverse("posts:new"))
    page.locator("#id_campaign").select_option(index=1)
    page.locator("main form .btn-primary:visible, .action-bar .btn-primary:visible").first.click()
    page.wait_for_url("**/edit/")
    page.fill("#id_title", TITLE)
    page.locator(".body-editor").click()
    page.keyboard.type("Công an không yêu cầu chuyển tiền qua điện thoại. Nghi ngờ, bà con gọi 113.")
    page.locator("#id_topic").select_option(index=1)
    page.fill("#id_wanted_at", timezone.localtime(wanted).strftime("%Y-%m-%dT%H:%M"))

    film = folder / "phim.mp4"
    film.write_bytes(videos.film(540, 960, 4.0))
    pictures = []
    for number, colour in enumerate(("#14532d", "#7a4d00", "#1b4f91"), start=1):
        pictures.append(folder / f"anh{number}.png")
        Image.new("RGB", (1080, 1080), colour).save(pictures[-1])
    page.set_input_files("#files", [film, *pictures])
    cards = page.locator(".picture")
    expect(cards).to_have_count(4, timeout=60_000)
    for number in range(1, 4):
        cards.nth(number).locator("textarea").first.fill(f"Điều cần nhớ thứ {number}")
    cards.first.locator(".captions summary").click()
    cards.first.locator(".captions-text").fill(SRT)

    for platform, form in FORMATS.items():
        box = page.locator(f"#at-{channels[platform].public_id}")
        box.locator(".kind-box > summary").click()
        box.locator(f"input[name^=format-][value={form}]").check()
    # TikTok: nothing is chosen beforehand, what the account allows is asked for, and the choice is the officer's.
    tiktok = page.locator(f"#at-{channels['tiktok'].public_id}")
    expect(tiktok.locator("[data-left]")).to_be_visible()
    privacy = tiktok.locator("[data-option=privacy] select")
    expect(privacy).to_have_value("")
    expect(privacy.locator("option[value=FOLLOWER_OF_CREATOR]")).to_be_disabled()
    privacy.select_option("PUBLIC_TO_EVERYONE")
    expect(page.locator("[data-part=findings] .check-fine")).to_be_visible()

    expect(page.locator(f"[data-part='preview-{channels['facebook'].public_id}'] .look-upright video")).to_be_visible()
    page.locator("button[value=submit]").click()
    page.wait_for_url(lambda url: "/edit/" not in url)
    post = Post.objects.get()
    assert post.state == "in_review"
    assert post.pictures.first().captions.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:03.000\n")
    return post


def _approve(chief, post) -> None:
    """On the telephone: the film plays in the preview, then one tap approves and schedules."""
    page = chief.page
    chief.open(reverse("publishing:review", args=[post.public_id]))
    assert page.locator(".preview").count() == len(SEEN)
    assert page.locator(".preview-tiktok dt").count() >= 4
    assert chief.overflow() <= 0
    playing = page.locator(".preview-facebook video").evaluate(
        """film => new Promise(done => {
            film.ontimeupdate = () => film.currentTime > 0.1 && done(film.videoHeight > film.videoWidth);
            film.muted = true;
            film.play();
        })"""
    )
    assert playing
    page.locator("button[value=schedule]:visible").first.click()
    page.wait_for_url(lambda url: str(post.public_id) not in url)
    post.refresh_from_db()
    assert post.state == "approved"
    assert chief.complaints == []


def _publish(simulator, due) -> None:
    """The engine's rings, by a clock that runs ahead of ours, until the platforms have done their part."""
    ahead = due - timedelta(minutes=10) - timezone.now()

    def clock():
        return timezone.now() + ahead

    def ring():
        for platform in SEEN:
            uploads.prepare_due(platform=platform, clock=clock)
            engine.publish_due(platform=platform, clock=clock)
            settling.settle(platform=platform, clock=clock)

    for _step in range(8):  # before the hour: films are brought there, and nobody sees anything
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
    film = Media.objects.get(content_type="video/mp4")
    page = resident.page
    for platform, files in SEEN.items():
        (seen,) = simulator.visible(platform)
        assert seen["media"].count(film.sha256) == 1
        assert (platform, len(seen["media"])) == (platform, files)
        page.goto(Delivery.objects.get(platform=platform).permalink)
        shown = page.locator("main")
        expect(shown).to_contain_text(TITLE)
        # Some of the stand-ins play the video, others only name it.
        assert shown.locator("video").count() + shown.inner_text().count("▶ Video") == 1
