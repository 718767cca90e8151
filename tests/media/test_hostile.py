"""The same 124 hostile files by every way into the portal: each is refused with a sentence, nothing
of it is stored, and the web process decodes none.
"""

import io
import json
import re
from pathlib import Path

import av
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from PIL import Image, ImageFile

from accounts.permissions import Role
from core import jobs, quotas, sandbox
from core.errors import Refused
from media import incoming, storing
from media.editing import picture_edits, video_edits
from media.editing.picture_edits import Edits
from media.models import Media, VideoEdit
from media.scanners.examining import examine
from media.scanners.registry import rules_for
from posts.bulk_import import pictures as bulk
from tests import factories
from tests.media import forked, hostile

pytestmark = pytest.mark.django_db
NO_PICTURE_HERE = "This is no JPEG, PNG or WebP picture."
NO_VIDEO_AS_LOGO = "This file is not a JPEG, PNG or WebP picture."


MADE: dict[str, bytes] = {}


@pytest.fixture(scope="module")
def forks():
    MADE.update({name: make() for name, (make, _why) in hostile.KINDS.items()})
    with forked.server() as run:
        yield run


@pytest.fixture(autouse=True)
def _in_forks_alone(forks, monkeypatch):
    """Run programs in forks, and let nothing be decoded here."""

    def decode(*_args, **_more):
        raise AssertionError("the web process decodes")

    monkeypatch.setattr(sandbox, "run_program", forks)
    monkeypatch.setattr(quotas, "use", lambda *_args, **_more: None)
    for owner, name in ((Image, "open"), (ImageFile.ImageFile, "load"), (av, "open")):
        monkeypatch.setattr(owner, name, decode)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def post(unit, officer):
    return factories.PostFactory(unit=unit, author=officer)


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def sent(name: str) -> SimpleUploadedFile:
    """Return the file under the name and type of a harmless one."""
    return SimpleUploadedFile("anh.jpg", MADE[name], "image/jpeg")


def in_composer(desk, post, name):
    """Send it as chosen, dropped, pasted or taken by the camera."""
    answer = desk.post(reverse("posts:upload", args=[post.public_id]), {"file": sent(name)})
    return answer.status_code, answer.json()["error"]


def in_library(desk, post, name):
    answer = desk.post(reverse("posts:add_media"), {"file": sent(name)})
    return answer.status_code, answer.json()["error"]


def in_pieces(desk, address, name):
    data = MADE[name]
    begun = desk.post(address, {"size": len(data), "mark": name})
    for start in range(0, len(data), 1_000_000):
        answer = desk.patch(
            begun.json()["url"],
            data[start : start + 1_000_000],
            content_type="application/offset+octet-stream",
            headers={"Upload-Offset": str(start)},
        )
        if answer.status_code != 200:
            break
    return answer.status_code, answer.json()["error"]


def in_pieces_of_a_post(desk, post, name):
    return in_pieces(desk, reverse("posts:uploads", args=[post.public_id]), name)


def in_pieces_of_the_library(desk, post, name):
    return in_pieces(desk, reverse("posts:library_uploads"), name)


def without_scripts(desk, post, name):
    """Send it among many from a plain form."""
    page = desk.post(reverse("posts:add_media"), {"files": [sent(name)]}, follow=True)
    words = re.search(r"anh\.jpg: ([^<]+)", page.content.decode())
    return (422 if words else page.status_code), words and words[1]


def by_a_plan(desk, post, name):
    path = incoming.folder() / "plan-hostile"
    path.write_bytes(MADE[name])
    said = bulk.store([bulk.Place(path)], unit=post.unit, by=post.author)
    path.unlink()
    return 422, said


def as_logo(desk, post, name):
    """Send it as the logo, which stands in every card."""
    desk.force_login(_leader(post.unit))
    answer = desk.post(reverse("media:change_logo", args=[post.unit.key]), {"file": sent(name)})
    status = answer.status_code
    return (422 if status == 409 else status), answer.context["form"].errors["file"][0]


def _leader(unit):
    known = getattr(unit, "leader_for_tests", None)
    unit.leader_for_tests = known or factories.person(Role.APPROVER, unit)
    return unit.leader_for_tests


WAYS = [
    in_composer,
    in_library,
    in_pieces_of_a_post,
    in_pieces_of_the_library,
    without_scripts,
    by_a_plan,
    as_logo,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_in_refuses_every_kind_in_words_and_stores_nothing(desk, post, way):
    wrong = {}
    by_head = list(hostile.BY_HEAD.items())
    # The others share one door, and an answer takes a page or several requests: some are enough.
    by_head = by_head if way is by_a_plan else by_head[::8]
    for name, (_make, why) in (dict(by_head) | hostile.ONE_OF_EACH).items():
        status, said = way(desk, post, name)
        expected = (why, NO_PICTURE_HERE, NO_VIDEO_AS_LOGO) if way in (by_a_plan, as_logo) else why
        if status != 422 or not str(said).startswith(expected):
            wrong[name] = (status, said)

    assert wrong == {}
    assert Media.objects.count() == 0
    assert list(incoming.folder().iterdir()) == []


def test_each_kind_is_refused_in_words_at_the_door_that_all_ways_share(unit, officer):
    wrong = {}
    for name, (_make, why) in hostile.KINDS.items():
        said = ""
        try:
            storing.store(sent(name), unit=unit, by=officer)
        except Refused as refused:
            said = str(refused)
        if not said.startswith(why):
            wrong[name] = said

    assert wrong == {}
    assert len(hostile.KINDS) == 124


def test_check_media_refuses_every_kind(tmp_path):
    kinds = [*list(hostile.BY_HEAD)[::8], *hostile.ONE_OF_EACH]
    paths = [tmp_path / str(number) for number in range(len(kinds))]
    for path, name in zip(paths, kinds, strict=True):
        path.write_bytes(MADE[name])
    out = io.StringIO()

    call_command("check_media", *map(str, paths), "--json", stdout=out)

    answers = dict(zip(kinds, json.loads(out.getvalue()), strict=True))
    read = {name for name, answer in answers.items() if not answer["refused"]}
    # What is no harm but to those who play it: the scanners look into it like into any other.
    assert read <= {"mpeg 2", "sound of a studio", "only trimmed", "millions of frames"}


def scanned(media) -> str:
    """Return what the scanners make of the stored bytes."""
    path = Path(media.file.path)
    try:
        found = examine(path, is_video=media.is_video, rules=rules_for(None), report=print)
    except sandbox.ProgramFailed:
        return "failed"
    return "missing" if found.missing else "read"


def test_stored_bytes_that_were_changed_harm_neither_editor_nor_scanners(unit, officer):
    media = factories.media(unit)
    swap(media, MADE["a tenth of a jpeg"])

    with pytest.raises(Refused, match="damaged"):
        picture_edits.edit(media, Edits(turn=90), by=officer)

    assert scanned(media) in ("failed", "missing")  # a person looks at it, or it stays out


def test_a_stored_video_that_was_changed_harms_neither_editor_nor_scanners(unit, officer):
    video = factories.media(unit)
    Media.objects.filter(pk=video.pk).update(content_type="video/mp4", seconds=3)
    video.refresh_from_db()
    said = {}
    for name in ("cut off before its index", "boxes of noise", "a thousand frames of a byte"):
        swap(video, MADE[name])
        row = video_edits.queue(video, video_edits.Plan(end=3), by=officer)
        jobs.run_waiting("video")
        row = VideoEdit.objects.get(pk=row.pk)
        said[name] = (row.state, row.refused[:20], scanned(video) == "read")

    assert set(said.values()) == {("failed", hostile.BROKEN_VIDEO[:20], False)}
    assert Media.objects.count() == 1


def swap(media, data: bytes) -> None:
    name = media.file.name
    default_storage.delete(name)
    assert default_storage.save(name, ContentFile(data)) == name
