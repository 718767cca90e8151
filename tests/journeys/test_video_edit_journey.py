"""A video with a face and a number plate: uploaded, looked into by the real scanners, blurred
by the worker, and submitted with its post.
"""

import re

import av
import pytest
from PIL import Image
from playwright.sync_api import expect

from accounts.permissions import Role
from core import jobs
from media.models import Media
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import PHONE
from tests.journeys.test_media_findings import submit
from tests.media.scanners.variants import DATA, variant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.scanners,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def path(tmp_path):
    """A video of two seconds in which somebody stands beside a car."""
    scene = Image.new("RGB", (960, 540), (90, 110, 90))
    scene.paste(Image.open(DATA / "astronaut.jpg").resize((360, 400)), (20, 70))
    plate = variant("car plate", 0, plain=True).picture
    scene.paste(plate.resize((540, 540 * plate.height // plate.width)), (400, 60))
    file = tmp_path / "Tuần tra.mp4"
    with av.open(str(file), "w", format="mp4") as video:
        stream = video.add_stream("h264", rate=4)
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        for _number in range(8):
            video.mux(stream.encode(av.VideoFrame.from_image(scene)))
        video.mux(stream.encode())
    return file


def test_a_video_with_a_face_and_a_plate_is_checked_blurred_and_submitted(at_desk, path):
    unit = factories.UnitFactory()
    officer = factories.person(Role.OFFICER, unit)
    post = factories.PostFactory(unit=unit, author=officer)
    desk = at_desk(officer, PHONE)
    page = desk.page
    desk.open(f"/posts/{post.public_id}/edit/")

    page.set_input_files("#files", path)
    expect(page.locator(".picture-scans")).to_contain_text("Chờ kiểm tra")
    expect(page.locator("#save-state")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    assert jobs.run_waiting("scan").done == 1  # as the worker of the queue ``scans``
    video = Media.objects.get()
    assert {"face", "plate"} <= set(video.scan.boxes.values_list("rule", flat=True))
    expect(page.locator(".picture-scans")).to_contain_text("chỗ cần xem", timeout=20_000)

    page.locator("[data-findings]").click()
    found = page.locator("#findings-body .finding-name")
    expect(found.filter(has_text="Khuôn mặt").first).to_contain_text(re.compile(r"0:0\d"))
    page.get_by_role("button", name=re.compile("^Che mờ cả \\d+ chỗ")).click()
    page.wait_for_url(re.compile(rf"/media/{video.public_id}/video/"))
    expect(page.locator("#video-edits")).to_contain_text("Đang tạo video mới")
    assert jobs.run_waiting("video").done == 1
    edit = video.video_edits.get()
    assert (edit.state, edit.refused) == ("done", "")
    assert jobs.run_waiting("scan").done == 1
    # What is covered is found no more.
    assert not edit.result.scan.boxes.filter(rule__in=["face", "plate"]).exists()

    desk.open(f"/posts/{post.public_id}/edit/")
    expect(page.locator(f'[data-picture="{edit.result.public_id}"]')).to_be_attached()
    expect(page.locator(".picture-scans")).to_contain_text("Đã kiểm tra")
    submit(page)
    page.wait_for_url(re.compile(rf"/posts/{post.public_id}/$"))
    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW
    assert post.pictures.get().media.made_from == video
    assert desk.complaints == []
