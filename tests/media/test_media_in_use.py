"""Pictures and videos that a revision shows stay; what nothing shows leaves with its files, and
takes nothing along.
"""

import threading
import time
import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Refused
from media import pictures, store
from media.models import Media
from posts.editor import saving
from posts.models import RevisionMedia
from posts.queries import unused_media
from tests import factories
from tests.media.hostile import encoded

pytestmark = pytest.mark.django_db
LATER = timedelta(days=8)


def shown_by(revision) -> set[int]:
    return set(RevisionMedia.objects.filter(revision=revision).values_list("media", flat=True))


def save(post, *, show, by):
    chosen = [(media, "Ảnh minh họa") for media in show]
    return saving.save(post, factories.edit_of(post, pictures=chosen), by=by, version=post.version)


def remove(media, *, after=LATER) -> int:
    return store.remove_media(unused_media(timezone.now() + after).filter(pk=media.pk))


def test_a_revision_keeps_what_it_shows_after_the_draft_lets_go_of_it():
    unit = factories.UnitFactory()
    first, second = factories.media(unit), factories.media(unit)
    elsewhere = factories.media(factories.UnitFactory())
    post = factories.submitted(unit=unit, media=[first, second])
    post.pictures.all().delete()

    assert shown_by(post.current_revision) == {first.pk, second.pk}
    assert [remove(first), remove(second), remove(elsewhere)] == [0, 0, 1]
    with pytest.raises(ProtectedError):
        first.delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        RevisionMedia.objects.all().delete()


def test_an_unused_picture_leaves_with_every_file_made_of_it():
    picture = factories.media(factories.UnitFactory())
    pictures.open_thumbnail(picture).close()
    pictures.open_rendition(picture, pictures.Shape(1, 1)).close()
    folders = ("media", "thumbs", "renditions")
    before = [len(default_storage.listdir(folder)[1]) for folder in folders]

    gone = remove(picture)

    assert before == [1, 1, 1]
    assert [default_storage.listdir(folder)[1] for folder in folders] == [[], [], []]
    assert (gone, Media.objects.count()) == (1, 0)


def test_a_file_stays_while_another_unit_has_the_same_picture():
    one = factories.media(factories.UnitFactory(), text="giống nhau")
    other = Media.objects.get(pk=one.pk)
    other.pk, other.public_id, other.unit = None, uuid.uuid4(), factories.UnitFactory()
    other.save(force_insert=True)
    pictures.open_thumbnail(one).close()

    first = remove(one)
    stayed = (
        default_storage.exists(other.file.name),
        default_storage.exists(f"thumbs/{other.sha256}.jpg"),
    )
    second = remove(other)

    assert (first, stayed, second) == (1, (True, True), 1)
    assert not default_storage.exists(other.file.name)


def test_a_videos_poster_leaves_with_it_unless_a_picture_is_the_same():
    unit = factories.UnitFactory()
    moving = factories.video(unit)
    poster = store.poster_name(moving.poster_sha256)

    assert (
        remove(moving),
        default_storage.exists(moving.file.name),
        default_storage.exists(poster),
    ) == (
        1,
        False,
        False,
    )


def test_what_was_taken_out_of_a_draft_stays_a_week_from_then():
    post = factories.PostFactory(media=[])
    picture = factories.media(post.unit)
    officer = post.author
    post = save(post, show=[picture], by=officer)
    Media.objects.update(last_used_at=timezone.now() - timedelta(days=300))

    in_use = remove(picture)
    save(post, show=[], by=officer)
    too_young = remove(picture, after=-timedelta(minutes=1))

    assert (in_use, too_young, remove(picture)) == (0, 0, 1)


def test_a_draft_does_not_show_a_picture_that_was_removed_a_moment_ago():
    post = factories.PostFactory(media=[])
    picture = factories.media(post.unit)
    remove(picture)

    with pytest.raises(Refused, match="Upload it again"):
        save(post, show=[picture], by=post.author)


def test_bytes_whose_file_an_interrupted_removal_took_come_back_with_the_next_upload():
    officer = factories.person(Role.OFFICER)
    unit = officer.current_appointments[0].unit
    row = pictures.store(ContentFile(encoded("JPEG")), unit=unit, by=officer)
    default_storage.delete(row.file.name)

    again = pictures.store(ContentFile(encoded("JPEG")), unit=unit, by=officer)

    assert (again.pk, default_storage.exists(again.file.name)) == (row.pk, True)


@pytest.mark.django_db(transaction=True)
def test_who_uploads_what_is_being_removed_gets_a_file(monkeypatch):
    officer, rival = factories.person(Role.OFFICER), factories.person(Role.OFFICER)
    row = pictures.store(
        ContentFile(encoded("JPEG")), unit=officer.current_appointments[0].unit, by=officer
    )
    stored, real = [], default_storage.delete

    def upload():
        try:
            stored.append(
                pictures.store(
                    ContentFile(encoded("JPEG")), unit=rival.current_appointments[0].unit, by=rival
                )
            )
        finally:
            connection.close()

    thread = threading.Thread(target=upload)

    def delete(name):
        if not thread.is_alive() and not stored:
            thread.start()
            _until_somebody_waits()
        real(name)

    monkeypatch.setattr(default_storage, "delete", delete)
    remove(row)
    thread.join(30)

    assert [default_storage.exists(media.file.name) for media in stored] == [True]


def _until_somebody_waits():
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")
