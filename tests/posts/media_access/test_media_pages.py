"""Access to the bytes of an image or a video, and the way in which a platform fetches them."""

import io
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.permissions import Role
from channels.queries import facts_of
from media import pictures, videos
from media.links import cover_url, public_url
from platforms.facts import ImageLimits
from publishing.deliveries.messages import message_from
from publishing.states import State
from tests import factories
from tests.videos import video_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def post():
    unit = factories.UnitFactory()
    return factories.approved(unit=unit, media=[factories.media(unit)])


@pytest.fixture
def picture(post):
    return post.pictures.get().media


def address(picture, post, *, good_for=timedelta(hours=1)) -> str:
    return urlsplit(
        public_url(picture, post.approved_revision.public_id, until=timezone.now() + good_for)
    ).path


def test_a_colleague_sees_the_picture_and_nothing_in_it_can_run(client, picture):
    client.force_login(factories.person(Role.OFFICER, picture.unit))

    response = client.get(reverse("posts:media", args=[picture.public_id]))

    assert b"".join(response) == picture.file.read()
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "no-store"
    assert "Cookie" in response["Vary"]


def test_a_thumb_is_a_jpeg(client, picture):
    client.force_login(factories.person(Role.OFFICER, picture.unit))
    response = client.get(reverse("posts:media", args=[picture.public_id]), {"size": "thumb"})
    assert response["Content-Type"] == "image/jpeg"
    assert b"".join(response)[:2] == b"\xff\xd8"


def test_a_stranger_to_the_unit_finds_no_picture(client, picture):
    client.force_login(factories.person(Role.OFFICER))
    assert client.get(reverse("posts:media", args=[picture.public_id])).status_code == 404


@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 403), ("same-site", 200), ("same-origin", 200), ("none", 200), (None, 200)],
)
def test_a_page_of_a_foreign_site_shows_no_picture_and_our_own_do(
    client, post, picture, settings, site, status
):
    factories.delivery(post, state=State.COMMITTING, lease_until=timezone.now())
    client.force_login(factories.person(Role.OFFICER, picture.unit))
    headers = {"Sec-Fetch-Site": site} if site else {}

    behind_the_sign_in = client.get(
        reverse("posts:media", args=[picture.public_id]), headers=headers
    )
    by_link = client.get(address(picture, post), headers=headers)

    assert (behind_the_sign_in.status_code, by_link.status_code) == (status, status)


@pytest.mark.parametrize("state", [State.CLAIMED, State.STAGED, State.COMMITTING, State.VERIFYING])
def test_a_platform_fetches_the_picture_of_what_is_going_out(client, post, picture, state):
    factories.delivery(post, state=state, lease_until=timezone.now())

    response = client.get(address(picture, post))

    assert b"".join(response) == picture.file.read()
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("state", [State.SCHEDULED, State.CANCELLED, State.FAILED, State.RECALLED])
def test_a_link_opens_nothing_while_nothing_goes_out(client, post, picture, state):
    factories.delivery(post, state=state)
    assert client.get(address(picture, post)).status_code == 404


def test_a_link_is_absolute_and_ends_after_its_time(client, post, picture, settings):
    settings.MEDIA_PUBLIC_URL = "https://media.example.vn"
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())
    url = public_url(
        picture, post.approved_revision.public_id, until=timezone.now() + timedelta(hours=1)
    )
    assert url.startswith("https://media.example.vn/m/")
    assert url.endswith(".jpg")
    assert client.get(urlsplit(url).path).status_code == 200
    assert client.get(address(picture, post, good_for=timedelta(seconds=-2))).status_code == 404


def test_a_changed_link_opens_nothing(client, post, picture):
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())
    path = address(picture, post)
    start = len(reverse("posts:public_media", args=["x", "y"])) - 3
    for place in (start, start + 20, start + 60):
        other = "A" if path[place] != "A" else "B"
        assert client.get(path[:place] + other + path[place + 1 :]).status_code == 404


def test_a_link_opens_no_picture_that_the_revision_does_not_hold(client, post):
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())
    foreign = factories.media(post.unit)
    assert client.get(address(foreign, post)).status_code == 404


# --- Videos ---------------------------------------------------------------------------------------


@pytest.fixture
def video_post():
    """A post whose video and cover are on their way out."""
    unit = factories.UnitFactory()
    row = videos.store(io.BytesIO(video_file()), unit=unit, by=factories.person(Role.OFFICER, unit))
    page = factories.ChannelFactory(unit=unit, platform="youtube")
    made = factories.approved(unit=unit, media=[row], channels=[page])
    factories.delivery(made, state=State.CLAIMED, lease_until=timezone.now())
    return made


@pytest.fixture
def moving(video_post):
    return video_post.pictures.get().media


def cover_address(media, post) -> str:
    until = timezone.now() + timedelta(hours=1)
    return urlsplit(cover_url(media, post.approved_revision.public_id, until=until)).path


def data_of(media) -> bytes:
    with media.file.open("rb") as file:
        return file.read()


@pytest.mark.parametrize("who", ["colleague", "platform"])
def test_a_video_is_served_in_the_parts_that_are_asked_for(client, video_post, moving, who):
    data = data_of(moving)
    if who == "colleague":
        client.force_login(factories.person(Role.OFFICER, moving.unit))
        url = reverse("posts:media", args=[moving.public_id])
    else:
        url = address(moving, video_post)
        assert url.endswith(".mp4")

    def get(requested, **more):
        response = client.get(url, headers={"Range": requested, **more})
        return response.status_code, response.headers.get("Content-Range"), b"".join(response)

    size = len(data)
    whole = client.get(url)
    assert (whole.status_code, b"".join(whole)) == (200, data)
    assert (whole["Content-Type"], whole["Accept-Ranges"]) == ("video/mp4", "bytes")
    assert (whole["Content-Length"], whole["ETag"]) == (str(size), f'"{moving.sha256}"')
    assert whole["X-Content-Type-Options"] == "nosniff"
    assert get("bytes=0-1") == (206, f"bytes 0-1/{size}", data[:2])
    assert get("bytes=70000-") == (416, f"bytes */{size}", b"")
    assert get("bytes=60000-") == (206, f"bytes 60000-{size - 1}/{size}", data[60000:])
    assert get("bytes=10-999999") == (206, f"bytes 10-{size - 1}/{size}", data[10:])
    assert get("bytes=-5") == (206, f"bytes {size - 5}-{size - 1}/{size}", data[-5:])
    assert get("bytes=-0") == (416, f"bytes */{size}", b"")
    for odd in ("bytes=9-3", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b"):
        assert get(odd) == (200, None, data)
    assert get("bytes=0-1", **{"If-Range": f'"{moving.sha256}"'})[0] == 206
    assert get("bytes=0-1", **{"If-Range": '"another"'}) == (200, None, data)


def test_the_head_of_a_video_reports_its_size_and_no_byte(client, video_post, moving):
    response = client.head(address(moving, video_post))
    assert (response.status_code, response["Content-Length"]) == (200, str(moving.size))
    assert b"".join(response) == b""


def test_a_colleague_sees_a_videos_poster_and_thumb(client, moving):
    client.force_login(factories.person(Role.OFFICER, moving.unit))
    url = reverse("posts:media", args=[moving.public_id])

    poster, thumb = client.get(url, {"size": "poster"}), client.get(url, {"size": "thumb"})

    assert poster["Content-Type"] == thumb["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(b"".join(poster))).size == (360, 640)
    assert Image.open(io.BytesIO(b"".join(thumb))).size == (270, 480)


def test_a_platform_fetches_the_cover_of_a_video_that_is_going_out(client, video_post, moving):
    url = cover_address(moving, video_post)
    assert url.endswith(".jpg")
    response = client.get(url)
    assert response["Content-Type"] == "image/jpeg"
    with pictures.open_still(moving) as poster:
        assert b"".join(response) == poster.read()


def test_another_cover_than_the_approved_one_is_not_served(client, video_post, moving):
    url = cover_address(moving, video_post)
    moving.poster_sha256 = "0" * 64
    moving.save()
    assert client.get(url).status_code == 404


# --- Pictures as a platform wants them ------------------------------------------------------------


def picture_of(unit, size, form="PNG"):
    out = io.BytesIO()
    Image.new("RGB", size, "#14532d").save(out, form)
    return pictures.store(
        io.BytesIO(out.getvalue()), unit=unit, by=factories.person(Role.OFFICER, unit)
    )


BOUNDED = ImageLimits(most=10, types=frozenset({"image/jpeg"}), min_ratio=0.8, max_ratio=1.91)


@pytest.mark.parametrize(
    ("size", "form", "drawn"),
    [
        ((600, 500), "JPEG", None),
        ((600, 500), "PNG", (600, 500)),
        ((400, 1000), "JPEG", (804, 1000)),
        ((1600, 400), "PNG", (1600, 840)),
    ],
    ids=["fits", "another type", "too narrow", "too wide"],
)
def test_a_picture_comes_in_the_type_and_shape_that_the_platform_takes(client, size, form, drawn):
    unit = factories.UnitFactory()
    media = picture_of(unit, size, form)
    post = factories.approved(unit=unit, media=[media])
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())
    until = timezone.now() + timedelta(hours=1)
    url = urlsplit(
        public_url(media, post.approved_revision.public_id, until=until, limits=BOUNDED)
    ).path

    data = b"".join(client.get(url))

    if drawn is None:
        assert data == data_of(media)
        return
    shown = Image.open(io.BytesIO(data))
    assert (shown.format, shown.size) == ("JPEG", drawn)
    assert BOUNDED.min_ratio <= shown.width / shown.height <= BOUNDED.max_ratio
    middle = shown.getpixel((shown.width // 2, shown.height // 2))
    assert max(abs(a - b) for a, b in zip(middle, (0x14, 0x53, 0x2D), strict=True)) < 6
    corner = shown.getpixel((1, 1))
    assert (min(corner) > 250) == (drawn != size)
    assert b"".join(client.get(url)) == data
    assert len(pictures.default_storage.listdir("renditions")[1]) == 1


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ((1920, 1080), None),
        ((1080, 1920), None),
        ((2000, 1500), (1440, 1080)),
        ((1500, 2000), (1080, 1440)),
        ((2000, 1000), (1920, 960)),
    ],
)
def test_a_picture_that_is_larger_than_the_platform_takes_comes_smaller_and_whole(size, drawn):
    limits = ImageLimits(most=1, max_long_side=1920, max_short_side=1080)
    media = picture_of(factories.UnitFactory(), size, "JPEG")
    shape = pictures.shape_for(media, limits)
    if drawn is None:
        assert shape is None
        return

    with pictures.open_rendition(media, shape) as file:
        shown = Image.open(io.BytesIO(file.read()))

    assert (shown.format, shown.size) == ("JPEG", drawn)
    assert max(shown.getpixel((1, 1))) < 250  # no margins


def test_a_picture_that_is_too_narrow_and_too_large_is_framed_and_then_made_smaller():
    limits = ImageLimits(most=1, min_ratio=0.8, max_long_side=1080, max_short_side=900)
    media = picture_of(factories.UnitFactory(), (400, 2000), "JPEG")

    with pictures.open_rendition(media, pictures.shape_for(media, limits)) as file:
        shown = Image.open(io.BytesIO(file.read()))

    assert (shown.width <= 900, shown.height <= 1080, shown.width / shown.height >= 0.8) == (
        True,
        True,
        True,
    )


def test_a_drawn_picture_is_always_the_same(client):
    media = picture_of(factories.UnitFactory(), (400, 1000))
    shape = pictures.shape_for(media, BOUNDED)
    with pictures.open_rendition(media, shape) as file:
        first = file.read()
    [name] = pictures.default_storage.listdir("renditions")[1]
    pictures.default_storage.delete(f"renditions/{name}")
    with pictures.open_rendition(media, shape) as file:
        assert file.read() == first


# --- In the message -------------------------------------------------------------------------------


def message_of(post, **how):
    target = post.approved_revision.content["channels"][0]
    row = post.targets.get().channel
    assert target["channel"] == str(row.public_id)
    media = {p.media.sha256: p.media for p in post.pictures.select_related("media")}
    return message_from(
        post.approved_revision.content,
        key=row.public_id,
        channel_id=row.public_id,
        media_rows=media,
        **how,
    )


def test_a_video_goes_out_with_its_cover_and_is_opened_only_when_it_is_sent(video_post, moving):
    [sent] = message_of(video_post, with_bytes=True).videos

    with pictures.open_still(moving) as poster:
        assert sent.cover.content == poster.read()
    assert sent.cover.sha256 == moving.poster_sha256
    with sent.open() as file:
        assert file.read() == data_of(moving)


@pytest.mark.parametrize("part", ["file", "cover"])
def test_a_video_whose_file_or_cover_is_not_the_approved_one_does_not_go_out(
    video_post, moving, part
):
    name = moving.file.name if part == "file" else pictures.poster_name(moving.poster_sha256)
    with pictures.default_storage.open(name, "ab") as file:
        file.write(b"x")

    reason = {"file": "not the file that was approved", "cover": "picture bytes differ"}[part]
    with pytest.raises(ValueError, match=reason):
        message_of(video_post, with_bytes=True)


def test_a_platform_that_fetches_gets_addresses_of_video_and_cover(client):
    unit = factories.UnitFactory()
    row = videos.store(io.BytesIO(video_file()), unit=unit, by=factories.person(Role.OFFICER, unit))
    page = factories.ChannelFactory(unit=unit, platform="instagram")
    post = factories.approved(unit=unit, media=[row], channels=[page])
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())
    assert facts_of("instagram").format("").media_by_url

    until = timezone.now() + timedelta(hours=1)
    [sent] = message_of(
        post, with_bytes=True, for_revision=post.approved_revision.public_id, until=until
    ).videos

    assert (sent.open, sent.cover.content) == (None, b"")
    assert b"".join(client.get(urlsplit(sent.url).path)) == data_of(row)
    assert client.get(urlsplit(sent.cover.url).path)["Content-Type"] == "image/jpeg"


def test_a_platform_that_fetches_pictures_and_takes_videos_as_bytes_gets_both(client):
    unit = factories.UnitFactory()
    row = videos.store(io.BytesIO(video_file()), unit=unit, by=factories.person(Role.OFFICER, unit))
    page = factories.ChannelFactory(unit=unit, platform="zalo")
    post = factories.approved(unit=unit, media=[row, factories.media(unit)], channels=[page])
    factories.delivery(post, state=State.CLAIMED, lease_until=timezone.now())

    until = timezone.now() + timedelta(hours=1)
    sent = message_of(
        post, with_bytes=True, for_revision=post.approved_revision.public_id, until=until
    )

    assert [image.content for image in sent.images] == [b""]
    assert client.get(urlsplit(sent.images[0].url).path).status_code == 200
    assert client.get(urlsplit(sent.videos[0].cover.url).path)["Content-Type"] == "image/jpeg"
    with sent.videos[0].open() as file:
        assert file.read() == data_of(row)


def test_pictures_come_from_a_host_of_their_own_where_there_is_one(client, settings, picture):
    client.force_login(factories.person(Role.OFFICER, picture.unit))
    settings.MEDIA_PUBLIC_URL = "https://media.example.vn"
    sent = client.get(reverse("posts:media", args=[picture.public_id]))
    path = sent["Location"].removeprefix("https://media.example.vn")
    client.logout()

    shown = client.get(path)

    assert (sent.status_code, sent["Cache-Control"], shown.status_code) == (302, "no-store", 200)
    assert shown["Cross-Origin-Resource-Policy"] == "same-site"
    assert not shown.cookies
    with time_machine.travel(timezone.now() + timedelta(seconds=601)):
        assert client.get(path).status_code == 404
    assert client.get(path.replace("/view", "x/view")).status_code == 404


@pytest.mark.django_db
def test_a_damaged_file_has_no_thumb_and_the_log_says_so(client, caplog):
    unit = factories.UnitFactory()
    row = factories.media(unit)
    Path(row.file.path).write_bytes(b"\xff\xd8\xff nothing")
    client.force_login(factories.person(Role.OFFICER, unit))

    response = client.get(reverse("posts:media", args=[row.public_id]), {"size": "thumb"})

    assert response.status_code == 404
    assert f"media {row.public_id} is damaged" in caplog.text
