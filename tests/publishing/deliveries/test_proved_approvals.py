"""Rows that somebody wrote into the database without an approver: nothing of them is published."""

import uuid
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.permissions import Role
from operations.measure import take_measurement
from posts.canonical import content
from posts.models import Review, Revision, Signature, SignedList
from posts.states import PostState
from publishing.engine.worker import publish_due
from publishing.manual import manual_posting
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from tests.passkeys import approve_list

pytestmark = pytest.mark.django_db


def insert(model, **values):
    """Insert a row by SQL alone."""
    fields = {model._meta.get_field(name): value for name, value in values.items()}
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        ready = [field.get_db_prep_save(value, connection) for field, value in fields.items()]
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({marks})", ready)
    return model.objects.latest("pk")


@contextmanager
def never_append_only():
    """Silence the triggers, as only the database's owner can."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


def forge(row, *, signature=None, listed=None):
    """Replace what the delivery publishes, with a review that says somebody approved it."""
    post, old = row.post, row.revision
    words = {**old.content, "channels": [{**old.content["channels"][0], "text": "GIẢ MẠO"}]}
    sha256 = content.digest(words)
    now = timezone.now()
    people = {"author": old.author_id, "editor": old.editor_id}
    revision = insert(
        Revision,
        public_id=uuid.uuid4(),
        post=post.pk,
        number=9,
        content=words,
        content_sha256=sha256,
        created_at=now,
        **people,
    )
    by = Review.objects.filter(revision=old).values_list("by", flat=True).first()
    review = insert(
        Review,
        revision=revision.pk,
        decision="approved",
        by=by,
        position="Trưởng Công an phường",
        reason="",
        content_sha256=sha256,
        decided_at=now,
        **people,
    )
    if signature:
        said = signature.statement.replace(str(old.public_id), str(revision.public_id))
        said = said.replace(old.content_sha256, sha256)
        kept = {"method": signature.method, "key_id": signature.key_id, "seal": signature.seal}
        kept |= {"assertion": signature.assertion, "listed": listed.pk if listed else None}
        insert(Signature, review=review.pk, statement=said, **kept)
    with connection.cursor() as cursor:
        cursor.execute(
            (
                "UPDATE posts_post SET state = %s, current_revision_id = %s, "
                "approved_revision_id = %s WHERE id = %s"
            ),
            [PostState.APPROVED, revision.pk, revision.pk, post.pk],
        )
        cursor.execute(
            "UPDATE publishing_delivery SET revision_id = %s, content_sha256 = %s WHERE id = %s",
            [revision.pk, sha256, row.pk],
        )


@pytest.mark.parametrize(
    "with_signature", [False, True], ids=["a review alone", "another approval's seal"]
)
def test_what_was_written_by_sql_alone_is_never_published(simulator, deliver, with_signature):
    row = deliver("facebook")
    forge(row, signature=Signature.objects.get() if with_signature else None)

    publish_due(platform="facebook")

    row.refresh_from_db()
    assert (row.state, row.error_code) == (State.FAILED, "not_approved")
    assert simulator.truth(platform="facebook") == []
    assert "unapproved" in {sign.kind for sign in take_measurement().signs}


@pytest.fixture
def two_by_one_touch(simulator):
    """Two posts that a chief approved by one touch, both due."""
    page = factories.connected(simulator, "facebook", factories.UnitFactory())
    posts = [factories.submitted(unit=page.unit, channels=[page]) for _n in range(2)]
    approve_list(posts, by=factories.person(Role.APPROVER, page.unit))
    return [factories.delivery(post, page) for post in posts]


def test_what_was_approved_by_one_touch_is_published_and_proved(simulator, two_by_one_touch):
    publish_due(platform="facebook")

    assert {row.state for row in Delivery.objects.all()} == {State.PUBLISHED}
    out = StringIO()
    call_command("verify_approvals", stdout=out)
    assert "2 publications and 0 broadcasts looked at, 0 not proved." in out.getvalue()


@pytest.mark.parametrize("way", ["the list as it was", "another revision on the list", "no list"])
def test_a_revision_swapped_into_a_signed_list_is_never_published(simulator, two_by_one_touch, way):
    row, sound = two_by_one_touch
    signature, listed = (
        Signature.objects.get(review__revision=row.revision),
        SignedList.objects.get(),
    )
    forge(row, signature=signature, listed=None if way == "no list" else listed)
    if way == "another revision on the list":
        forged = Delivery.objects.select_related("revision").get(pk=row.pk).revision
        statement = listed.statement.replace(str(row.revision.public_id), str(forged.public_id))
        statement = statement.replace(row.content_sha256, forged.content_sha256)
        with never_append_only():
            SignedList.objects.update(statement=statement)

    publish_due(platform="facebook")

    row.refresh_from_db()
    sound.refresh_from_db()
    assert (row.state, row.error_code) == (State.FAILED, "not_approved")
    # A list that was changed proves nothing of what it held before either.
    kept = sound.state == State.PUBLISHED
    assert kept == (way != "another revision on the list")
    assert len(simulator.truth(platform="facebook")) == kept


def test_an_approval_for_one_channel_proves_nothing_for_another(simulator, deliver):
    row = deliver("facebook")
    other = factories.connected(simulator, "facebook", row.unit)
    Delivery.objects.filter(pk=row.pk).update(channel=other)

    publish_due(platform="facebook")

    row.refresh_from_db()
    assert (row.state, row.error_code) == (State.FAILED, "not_approved")


def test_an_approval_that_was_given_is_published(simulator, deliver):
    row = deliver("facebook")

    publish_due(platform="facebook")

    row.refresh_from_db()
    assert row.state == State.PUBLISHED


def test_nobody_is_asked_to_post_manually_what_was_written_by_sql_alone():
    channel = factories.ChannelFactory(health="by_hand")
    row = factories.delivery(factories.approved(unit=channel.unit, channels=[channel]), channel)
    forge(row)

    assert manual_posting.create_manual_tasks() == 0

    row.refresh_from_db()
    assert (row.state, row.error_code) == (State.FAILED, "not_approved")


def test_verify_approvals_proves_every_publication_and_names_the_forged_one():
    sound, forged = (factories.recorded(factories.live_delivery()) for _n in range(2))
    out = StringIO()
    call_command("verify_approvals", stdout=out)
    forge(forged)

    with pytest.raises(
        CommandError, match="2 publications and 0 broadcasts looked at, 1 not proved"
    ):
        call_command("verify_approvals", stdout=out)

    said = out.getvalue()
    assert "2 publications and 0 broadcasts looked at, 0 not proved." in said
    assert f"{forged.public_id}: no approval proves it" in said
    assert str(sound.public_id) not in said
