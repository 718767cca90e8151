"""A database from before media and alarms had apps of their own keeps every row."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from media.models import Media, Upload
from operations.models import Alarm
from posts.models import UPLOAD_PURPOSE, PostMedia, RevisionMedia
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [
    ("posts", "0012_note_what_revisions_show"),
    ("publishing", "0030_every_receipt_has_a_source"),
]


@pytest.fixture
def old():
    """Bring the database to what it was, and hand out the models of then; at the end, back
    again.
    """
    yield migrate(BEFORE)
    migrate(newest())


def migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def newest():
    return MigrationExecutor(connection).loader.graph.leaf_nodes()


def test_media_uploads_and_alarms_keep_their_rows_and_revisions_note_theirs(old):
    now = timezone.now()
    unit = factories.UnitFactory()
    person = factories.person("officer", unit)
    OldMedia, OldPost, OldUpload = (
        old.get_model("posts", name) for name in ("Media", "Post", "Upload")
    )
    sha256 = "ab" * 32
    picture = OldMedia.objects.create(
        unit_id=unit.pk, sha256=sha256, file="media/ab.jpg", content_type="image/jpeg", width=4,
        height=3, size=12,
        uploaded_by_id=person.pk,
    )  # fmt: skip
    post = OldPost.objects.create(
        unit_id=unit.pk,
        author_id=person.pk,
        last_editor_id=person.pk,
        title="Cảnh báo",
        changed_at=now,
    )
    old.get_model("posts", "PostMedia").objects.create(
        post_id=post.pk, media_id=picture.pk, position=0
    )
    revision = old.get_model("posts", "Revision").objects.create(
        post_id=post.pk, number=1, author_id=person.pk, editor_id=person.pk,
        content_sha256="cd" * 32, created_at=now,
        content={"title": "Cảnh báo", "media": [{"sha256": sha256}], "channels": []},
    )  # fmt: skip
    upload = OldUpload.objects.create(
        post_id=post.pk,
        user_id=person.pk,
        name="phim.mp4",
        size=9,
        received=4,
        created_at=now,
        touched_at=now,
    )
    alarm = old.get_model("publishing", "Alarm").objects.create(
        kind="late", key="facebook", facts={"n": 2}, opened_at=now - timedelta(hours=1), tells=1
    )

    migrate(newest())

    assert list(Media.objects.values_list("pk", "public_id", "sha256", "file", "uploaded_by")) == [
        (picture.pk, picture.public_id, sha256, "media/ab.jpg", person.pk)
    ]
    assert list(PostMedia.objects.values_list("post", "media")) == [(post.pk, picture.pk)]
    assert list(RevisionMedia.objects.values_list("revision", "media")) == [
        (revision.pk, picture.pk)
    ]
    assert list(Upload.objects.values_list("pk", "unit", "purpose", "purpose_id", "received")) == [
        (upload.pk, unit.pk, UPLOAD_PURPOSE, post.public_id, 4)
    ]
    assert list(Alarm.objects.values_list("pk", "kind", "key", "facts", "reports")) == [
        (alarm.pk, "late", "facebook", {"n": 2}, 1)
    ]

    later = factories.submitted(factories.PostFactory(media=[factories.media(unit)], unit=unit))

    assert RevisionMedia.objects.filter(revision=later.current_revision).count() == 1
