"""Any version comes back as the draft, and nothing that was written is lost by it."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from campaigns.models import Topic
from core.errors import NotAllowed, Refused
from posts.canonical import content
from posts.history import diff, restoring
from posts.models import Post, Revision
from posts.review import decisions
from tests import factories
from tests.channels.connection.rivals import overtaken

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def post(unit, officer):
    """A returned post of two channels with all that a version holds."""
    channels = [factories.ChannelFactory(unit=unit, platform=p) for p in ("facebook", "threads")]
    made = factories.PostFactory(
        unit=unit,
        author=officer,
        channels=channels,
        media=[factories.media(unit), factories.media(unit)],
        link="https://bocongan.gov.vn/113",
        ai_made=True,
        urgent=True,
        valid_until=timezone.now() + timezone.timedelta(days=9),
        legal_basis="Nghị định 282/2025/NĐ-CP",
        legal_from=date(2025, 12, 15),
        legal_until=timezone.localdate() + timezone.timedelta(days=90),
        source="Công văn 12/CA",
    )
    made.targets.filter(channel=channels[1]).update(text="Riêng cho Threads: gọi 113.")
    made = factories.submitted(made)
    leader = factories.person(Role.APPROVER, unit)
    decisions.request_changes(made, made.current_revision, by=leader, reason="Sửa")
    return Post.objects.get(pk=made.pk)


def rewritten(post):
    post.title, post.body, post.link, post.ai_made, post.urgent = (
        "Khác",
        "<p>Khác</p>",
        "",
        False,
        False,
    )
    post.valid_until, post.topic = None, None
    post.legal_basis = post.source = ""
    post.legal_from = post.legal_until = None
    post.save()
    post.targets.all().delete()
    post.pictures.all().delete()
    return Post.objects.get(pk=post.pk)


def test_the_draft_equals_the_version_that_was_brought_back(post, officer):
    version = post.current_revision
    post = rewritten(post)

    saved = restoring.restore(post, version, by=officer)

    saved = Post.objects.get(pk=saved.pk)
    assert content.digest(content.compose(saved)) == version.content_sha256
    # Not the whole text that residents see, which would no longer follow what is written.
    texts = dict(saved.targets.values_list("channel__platform", "text"))
    assert texts == {"facebook": "", "threads": "Riêng cho Threads: gọi 113."}
    entry = Entry.objects.get(action="post.restored")
    assert (entry.data, entry.actor_id) == ({"version": 1}, officer.pk)


@pytest.mark.parametrize("written", [True, False])
def test_a_title_that_came_from_the_text_still_does(unit, officer, written):
    post = factories.PostFactory(
        unit=unit, author=officer, title="Khóa cổng.", body="<p>Khóa cổng.</p><p>Gọi 113.</p>"
    )
    Post.objects.filter(pk=post.pk).update(title_from_text=not written)
    post = factories.submitted(Post.objects.get(pk=post.pk))
    leader = factories.person(Role.APPROVER, unit)
    decisions.request_changes(post, post.current_revision, by=leader, reason="Sửa")
    version = post.current_revision
    rewritten(Post.objects.get(pk=post.pk))

    restoring.restore(post, version, by=officer)

    saved = Post.objects.get(pk=post.pk)
    assert (saved.title, saved.own_title) == ("Khóa cổng.", "Khóa cổng." if written else "")
    assert content.digest(content.compose(saved)) == version.content_sha256


def test_what_the_draft_was_before_is_a_version(post, officer):
    version = post.current_revision
    post = rewritten(post)
    before = content.compose(post)

    restoring.restore(post, version, by=officer)

    kept = post.revisions.first()
    assert (kept.number, kept.content, kept.editor) == (2, before, post.last_editor)
    saved = Post.objects.get(pk=post.pk)
    assert saved.current_revision == version
    restoring.restore(saved, kept, by=officer)
    assert Post.objects.get(pk=post.pk).title == "Khác"
    assert Revision.objects.filter(post=post).count() == 2


def test_a_restored_draft_is_submitted_and_approved_like_any_other(post, officer):
    version = post.current_revision
    restoring.restore(rewritten(post), version, by=officer)
    saved = Post.objects.get(pk=post.pk)

    revision = decisions.submit(saved, by=officer)

    assert revision.content_sha256 == version.content_sha256
    leader = factories.person(Role.APPROVER, post.unit)
    decisions.approve(saved, revision, by=leader, proof=factories.proof())


def test_a_channel_that_is_closed_stays_out(post, officer):
    version = post.current_revision
    gone = post.targets.get(channel__platform="facebook").channel
    type(gone).objects.filter(pk=gone.pk).update(lifecycle="retired")

    restoring.restore(rewritten(post), version, by=officer)

    assert [t.channel.platform for t in post.targets.all()] == ["threads"]


def test_nothing_is_brought_back_while_the_post_is_not_open(officer, unit):
    post = factories.approved(unit=unit, author=officer)

    with pytest.raises(Refused):
        restoring.restore(post, post.current_revision, by=officer)


def test_a_stranger_brings_nothing_back(post):
    with pytest.raises(NotAllowed):
        restoring.restore(post, post.current_revision, by=factories.person(Role.OFFICER))


def test_the_page_offers_each_version_but_that_which_the_draft_equals(client, post, officer):
    client.force_login(officer)
    address = reverse("posts:history", args=[post.public_id])
    same = client.get(address).context["restorable"]
    rewritten(post)
    other = client.get(address).context["restorable"]

    assert (same, other) == (set(), {1})
    response = client.post(reverse("posts:restore", args=[post.current_revision.public_id]))
    assert response["Location"] == reverse("posts:edit", args=[post.public_id])
    assert Post.objects.get(pk=post.pk).title != "Khác"


def test_long_unchanged_words_are_cut_to_those_beside_a_change():
    old = "đầu " * 500 + "giữa " + "cuối " * 500
    (change,) = diff.near_changes(
        [diff.Change("Text", diff.compare_words(old, old.replace("giữa", "khác")))]
    )

    first, *changed, last = change.pieces
    assert [piece.kind for piece in changed] == ["del", "ins"]
    assert (len(first.text), len(last.text)) == (163, 163)
    assert first.text.startswith(" … ")
    assert last.text.endswith(" … ")


@pytest.mark.django_db(transaction=True)
def test_the_topic_that_a_colleague_chose_meanwhile_is_kept_with_the_draft(post, officer):
    version, another = post.current_revision, Topic.objects.create(code="another")

    overtaken(
        lambda: restoring.restore(post, version, by=officer),
        by=lambda: Post.objects.filter(pk=post.pk).update(topic=another),
    )

    kept = post.revisions.latest("number")
    assert kept.content["topic"] == "another"
