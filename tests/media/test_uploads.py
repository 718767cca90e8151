"""Videos that come in pieces: over a line that breaks, a page that is loaded again, a process that
dies.
"""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core import quotas
from media import incoming, uploads, videos
from media.models import Media, Upload
from posts.editor import upload_views as views
from retention.services import sweep_technical_rows
from tests import factories
from tests.media.hostile import noise
from tests.videos import video_file

pytestmark = pytest.mark.django_db

VIDEO = video_file(seconds=3)
SIZE = len(VIDEO)


@pytest.fixture
def post():
    return factories.PostFactory()


@pytest.fixture
def officer(post):
    return factories.person(Role.OFFICER, post.unit)


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def begin(desk, post, *, size=SIZE, mark="video|1"):
    return desk.post(reverse("posts:uploads", args=[post.public_id]), {"size": size, "mark": mark})


def send(desk, url, data, offset, **more):
    headers = {"Upload-Offset": str(offset), **more}
    return desk.patch(url, data, content_type="application/offset+octet-stream", headers=headers)


def waiting() -> list[str]:
    return sorted(path.name for path in incoming.folder().iterdir())


def test_a_video_comes_in_pieces_and_ends_as_a_card_of_the_post(desk, post, officer):
    body = begin(desk, post).json()
    url, third = body["url"], SIZE // 3

    first = send(desk, url, VIDEO[:third], 0)
    second = send(desk, url, VIDEO[third : 2 * third], third)
    asked = desk.get(url)
    last = send(desk, url, VIDEO[2 * third :], 2 * third)

    assert (body["offset"], body["size"], body["largest"]) == (0, SIZE, 8 * 1024 * 1024)
    assert [r.json()["offset"] for r in (first, second, asked, last)] == [
        third,
        2 * third,
        2 * third,
        SIZE,
    ]
    assert (asked["Upload-Offset"], desk.head(url)["Upload-Offset"]) == (str(2 * third), str(SIZE))
    media = Media.objects.get()
    assert (media.unit, media.uploaded_by, media.content_type) == (post.unit, officer, "video/mp4")
    assert last.json()["picture"] == str(media.public_id)
    assert f'data-picture="{media.public_id}"' in last.json()["html"]
    assert videos.is_intact(media)
    assert waiting() == []


def test_a_picture_comes_in_pieces_and_is_drawn_anew_like_any_other(desk, post):
    data = noise((400, 300), "JPEG")
    url = begin(desk, post, size=len(data)).json()["url"]
    send(desk, url, data[:5000], 0)
    page = desk.get(reverse("posts:edit", args=[post.public_id])).content.decode()
    assert "1 file is not up yet" in page  # said after the page is loaded again

    answer = send(desk, url, data[5000:], 5000).json()

    media = Media.objects.get()
    assert (answer["picture"], media.content_type) == (str(media.public_id), "image/jpeg")
    assert (media.width, media.height) == (400, 300)
    assert waiting() == []
    damaged = begin(desk, post, size=5000, mark="half").json()["url"]
    assert "damaged" in send(desk, damaged, data[:5000], 0).json()["error"]


def test_a_browser_that_lost_the_last_answer_is_reported_again(desk, post):
    url = begin(desk, post).json()["url"]
    last = send(desk, url, VIDEO, 0).json()

    assert desk.get(url).json() == last
    assert send(desk, url, b"", SIZE).json() == last
    assert begin(desk, post).json() == last
    assert Media.objects.count() == 1


def test_a_page_that_was_loaded_anew_goes_on_where_the_video_stopped(desk, post, officer):
    url = begin(desk, post).json()["url"]
    send(desk, url, VIDEO[:1000], 0)

    again = begin(desk, post).json()

    assert (again["url"], again["offset"]) == (url, 1000)
    others = [
        begin(desk, post, mark="video|2"),
        begin(desk, post, size=SIZE + 1),
        begin(desk, factories.PostFactory(unit=post.unit)),
    ]
    assert len({url, *(other.json()["url"] for other in others)}) == 4
    colleague = Client()
    colleague.force_login(factories.person(Role.OFFICER, post.unit))
    assert begin(colleague, post).json()["offset"] == 0


def test_a_piece_that_belongs_elsewhere_changes_nothing_and_is_reported_where(desk, post):
    url = begin(desk, post).json()["url"]
    send(desk, url, VIDEO[:1000], 0)

    for offset, data in ((0, VIDEO[:1000]), (2000, VIDEO[2000:3000]), (1000, VIDEO[1000:] + b"x")):
        response = send(desk, url, data, offset)
        assert (response.status_code, response.json()["offset"]) == (409, 1000)

    assert send(desk, url, VIDEO[1000:], 1000).json()["picture"]


def test_what_came_before_the_line_broke_is_kept(desk, post, monkeypatch):
    from django.core.handlers.wsgi import WSGIRequest
    from django.http import UnreadablePostError

    url = begin(desk, post).json()["url"]
    read, calls = WSGIRequest.read, []

    def breaks(self, *args):
        calls.append(args)
        if len(calls) == 2:
            raise UnreadablePostError("the line broke")
        return read(self, 700)

    monkeypatch.setattr(WSGIRequest, "read", breaks)
    send(desk, url, VIDEO, 0)
    monkeypatch.undo()

    assert desk.get(url).json()["offset"] == 700
    assert send(desk, url, VIDEO[700:], 700).json()["picture"]


def test_bytes_that_a_dying_process_wrote_but_did_not_count_are_written_over(desk, post):
    url = begin(desk, post).json()["url"]
    send(desk, url, VIDEO[:1000], 0)
    with (incoming.folder() / waiting()[0]).open("ab") as file:
        file.write(b"half a piece" * 100_000)

    assert send(desk, url, VIDEO[1000:], 1000).json()["picture"]
    assert videos.is_intact(Media.objects.get())


def test_a_file_that_is_lost_begins_anew(desk, post):
    url = begin(desk, post).json()["url"]
    send(desk, url, VIDEO[:1000], 0)
    (incoming.folder() / waiting()[0]).unlink()

    assert send(desk, url, VIDEO[1000:2000], 1000).json()["offset"] == 0
    assert send(desk, url, VIDEO, 0).json()["picture"]


def test_a_video_in_another_requests_hands_is_asked_for_again_and_released_by_death(desk, post):
    url = begin(desk, post).json()["url"]
    send(desk, url, VIDEO[:-1], 0)
    path = incoming.folder() / waiting()[0]
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, 2); print('held', "
                "flush=True); input()"
            ),
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        response = send(desk, url, VIDEO[-1:], SIZE - 1)
        assert (response.status_code, response["Retry-After"], response.json()["offset"]) == (
            202,
            "3",
            SIZE,
        )
        assert "picture" not in response.json()
    finally:
        holder.kill()
        holder.wait()
    assert send(desk, url, b"", SIZE).json()["picture"]


def test_a_video_is_asked_for_again_at_once_while_another_one_is_looked_into(desk, post):
    url = begin(desk, post).json()["url"]
    with videos._semaphore.hold():
        response = send(desk, url, VIDEO, 0)
    assert (response.status_code, response["Retry-After"]) == (202, "10")
    assert send(desk, url, b"", SIZE).json()["picture"]


def test_what_is_no_video_is_refused_with_its_first_piece(desk, post):
    url = begin(desk, post, size=10_000_000).json()["url"]

    response = send(desk, url, b"a text" * 100, 0)

    assert (response.status_code, response.json()) == (
        422,
        {"error": "This file is neither a picture (JPEG, PNG, WebP) nor a video (MP4, MOV, WebM)."},
    )
    assert desk.get(url).status_code == 404
    assert waiting() == []


def test_a_broken_video_is_refused_and_forgotten(desk, post):
    url = begin(desk, post, size=30_000).json()["url"]

    response = send(desk, url, VIDEO[:30_000], 0)

    assert response.status_code == 422
    assert response.json()["error"].startswith("The video is damaged or incomplete.")
    assert (Upload.objects.count(), waiting()) == (0, [])


def test_a_video_above_the_limits_is_refused_before_its_first_byte(desk, post, settings):
    settings.VIDEO_MAX_BYTES = 2 * 1024 * 1024
    assert (
        begin(desk, post, size=2 * 1024 * 1024 + 1)
        .json()["error"]
        .startswith("The video is larger than 2 MB.")
    )
    for size in ("0", "", "-1", "1e3", "9" * 40):
        assert begin(desk, post, size=size).json() == {
            "error": "The file is empty. Choose another one."
        }
    settings.MEDIA_ROOM_BYTES = 2**60
    assert begin(desk, post).json()["error"].startswith("There is too little room")
    assert Upload.objects.count() == 0


def test_a_piece_is_bounded_and_needs_its_place(desk, post, monkeypatch):
    url = begin(desk, post).json()["url"]
    monkeypatch.setattr(uploads, "LARGEST_PIECE", 1000)
    assert send(desk, url, VIDEO[:1001], 0).status_code == 413
    assert send(desk, url, VIDEO[:1000], "").status_code == 400
    assert send(desk, url, VIDEO[:1000], "-1").status_code == 400
    assert send(desk, url, VIDEO[:1000], 0).status_code == 200


def test_no_row_holds_the_name_of_a_file(desk, post):
    begin(desk, post, mark="1|1000|Nguyễn Văn Lúa 0912345678.mp4")

    row = Upload.objects.values().get()
    assert "0912345678" not in str(row)
    assert begin(desk, post, mark="1|1000|Nguyễn Văn Lúa 0912345678.mp4").status_code == 200
    assert Upload.objects.count() == 1


def test_a_person_has_only_so_many_videos_on_their_way(desk, post, settings):
    settings.UPLOADS_A_PERSON = 2
    first = begin(desk, post, mark="1").json()["url"]
    second = begin(desk, post, mark="2").json()["url"]
    assert (
        begin(desk, post, mark="3")
        .json()["error"]
        .startswith("2 files of yours are on their way already.")
    )

    long_ago = timezone.now() - uploads.IDLE - timedelta(seconds=1)
    Upload.objects.filter(pk=Upload.objects.earliest("pk").pk).update(touched_at=long_ago)

    assert begin(desk, post, mark="3").status_code == 200
    assert (desk.get(first).status_code, desk.get(second).status_code) == (404, 200)


def test_an_upload_belongs_to_one_person(desk, post):
    url = begin(desk, post).json()["url"]
    colleague = Client()
    colleague.force_login(factories.person(Role.APPROVER, post.unit))
    for method in ("get", "patch", "delete"):
        assert getattr(colleague, method)(url).status_code == 404
    assert desk.get(url).status_code == 200


def test_who_may_no_longer_write_sends_no_further_piece(desk, post, officer):
    url = begin(desk, post).json()["url"]
    officer.appointments.update(role=Role.SUPERVISOR)
    assert send(desk, url, VIDEO, 0).status_code == 403
    assert Media.objects.count() == 0


def test_signed_out_is_reported_as_such_and_a_forged_request_is_refused(
    client, desk, post, officer
):
    url = begin(desk, post).json()["url"]
    assert [Client().post(reverse("posts:uploads", args=[post.public_id])).status_code] == [401]
    assert Client().patch(url).status_code == 401
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(officer)
    assert send(strict, url, VIDEO, 0).status_code == 403
    assert begin(strict, post).status_code == 403


def test_an_upload_can_be_stopped(desk, post):
    url = begin(desk, post).json()["url"]
    send(desk, url, VIDEO[:1000], 0)
    assert desk.delete(url).status_code == 200
    assert (desk.get(url).status_code, waiting()) == (404, [])


def test_what_nobody_touched_for_a_day_is_swept_and_nothing_else(desk, post):
    old = begin(desk, post, mark="old").json()["url"]
    send(desk, old, VIDEO[:1000], 0)
    young = begin(desk, post, mark="young").json()["url"]
    send(desk, young, VIDEO[:1000], 0)
    (incoming.folder() / "video-left").mkdir()
    (incoming.folder() / "video-left" / "copy").write_bytes(b"x")
    now = timezone.now()
    long_ago = now - timedelta(hours=25)
    first, last = Upload.objects.order_by("pk")
    Upload.objects.filter(pk=first.pk).update(touched_at=long_ago)
    kept = f"upload-{last.public_id}"
    for path in incoming.folder().iterdir():
        touched = now if path.name == kept else long_ago
        os.utime(path, (touched.timestamp(),) * 2)

    sweep_technical_rows(["uploads", "incoming"])

    assert (desk.get(old).status_code, desk.get(young).status_code) == (404, 200)
    assert waiting() == [kept]


@pytest.mark.django_db(transaction=True)
def test_a_browser_that_repeats_the_beginning_at_once_begins_one_upload(
    desk, post, officer, monkeypatch
):
    """Chromium sends a request again whose line broke, while the first one still runs."""
    both = threading.Barrier(2, timeout=30)
    use = quotas.use
    # Neither has found an upload of this file, and each is about to make one.
    monkeypatch.setattr(quotas, "use", lambda *about, **by: (use(*about, **by), both.wait()))

    def begun(_number):
        mine = Client()
        mine.force_login(officer)
        try:
            return begin(mine, post).json()["url"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(begun, range(2))

    assert first == second
    assert Upload.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_piece_that_comes_twice_at_once_is_counted_once(desk, post, officer, monkeypatch):
    """A browser that gave up on an answer sends again while the first request still writes."""
    url = begin(desk, post).json()["url"]
    both = threading.Barrier(2, timeout=30)
    arrived = views._read_received
    # Both have asked how far the video has come, and both have their bytes in hand.
    monkeypatch.setattr(views, "_read_received", lambda *about: (arrived(*about), both.wait())[0])

    def piece(_number):
        mine = Client()
        mine.force_login(officer)
        try:
            return send(mine, url, VIDEO[:1000], 0).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(piece, range(2)))

    assert answers == [200, 409]
    monkeypatch.undo()
    assert send(desk, url, VIDEO[1000:], 1000).json()["picture"]
    assert videos.is_intact(Media.objects.get())


# --- The plain form -------------------------------------------------------------------------------


def test_a_forms_large_file_waits_beside_the_media_and_is_gone_afterwards(desk, post, monkeypatch):
    seen = []
    on_disk = incoming.path_on_disk
    monkeypatch.setattr(
        incoming,
        "path_on_disk",
        lambda *about, **rules: seen.append(on_disk(*about, **rules)) or seen[-1],
    )
    heavy = (
        VIDEO + (3_000_000).to_bytes(4, "big") + b"free" + bytes(2_999_992)
    )  # a box that says nothing

    response = desk.post(
        reverse("posts:upload", args=[post.public_id]),
        {"file": SimpleUploadedFile("video.mp4", heavy, "video/mp4")},
    )

    assert response.status_code == 200
    assert Media.objects.get().is_video
    assert seen[0].parent == incoming.folder()
    assert waiting() == []


def test_a_stranger_may_not_fill_the_disk_with_a_form(post, settings):
    settings.IMAGE_MAX_BYTES = 1_000_000
    heavy = SimpleUploadedFile("video.mp4", bytes(4_000_000), "video/mp4")
    assert (
        Client().post(reverse("posts:edit", args=[post.public_id]), {"files": heavy}).status_code
        == 413
    )
