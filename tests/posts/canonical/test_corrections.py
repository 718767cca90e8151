"""Corrections: linked to what they correct, on the same pages, and saying so in their first
line.
"""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from posts.canonical import content
from posts.editor import saving
from posts.models import Post, Revision
from posts.origins import starting
from posts.review import decisions
from posts.states import PostState
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db
SEEN = datetime(2026, 11, 1, 17, 30, tzinfo=UTC)  # 00:30 on the second, here; any clock
LINE = "ĐÍNH CHÍNH bài “Lịch cấp căn cước” đăng ngày 02/11/2026"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


def seen(unit, *, platforms=("facebook",), state=State.PUBLISHED, **fields):
    channels = [factories.ChannelFactory(unit=unit, platform=platform) for platform in platforms]
    post = factories.approved(
        unit=unit, channels=channels, title="Lịch cấp căn cước", media=[factories.media(unit)]
    )
    for channel in channels:
        stood = {"state": state, "published_at": SEEN, "remote_id": f"9_{channel.pk}"}
        factories.delivery(post, channel, **{**stood, **fields})
    return post


def texts(post):
    return {target["platform"]: target["text"] for target in content.compose(post)["channels"]}


def write(post, by, *, body="<p>Buổi sáng bắt đầu lúc 8 giờ.</p>", own=""):
    texts = {target.channel: own for target in post.targets.select_related("channel")}
    edit = factories.edit_of(post, body=body, texts=texts, urgent=post.urgent)
    return saving.save(post, edit, by=by, version=post.version)


def test_a_correction_is_a_linked_draft_for_the_same_pages(unit, officer):
    post = seen(unit, platforms=("facebook", "zalo"))

    draft = starting.start_correction(post, by=officer)

    assert (draft.state, draft.corrects, draft.author) == (PostState.DRAFT, post, officer)
    assert draft.title == "Đính chính: Lịch cấp căn cước"
    assert {t.channel_id for t in draft.targets.all()} == {t.channel_id for t in post.targets.all()}
    assert draft.topic == post.topic
    (entry,) = Entry.objects.filter(action="post.correction_begun")
    assert entry.data == {"of": str(post.public_id)}


@pytest.mark.parametrize("own", ["", "Lời riêng cho kênh này."])
def test_each_channel_says_first_what_is_corrected_whatever_is_written(unit, officer, own):
    draft = starting.start_correction(seen(unit, platforms=("facebook", "zalo")), by=officer)

    draft = write(draft, officer, own=own)

    shown = texts(draft)
    assert {text.split("\n")[0] for text in shown.values()} == {LINE}
    words = own or "Buổi sáng bắt đầu lúc 8 giờ."
    assert all(words in text for text in shown.values())
    zalo = next(t for t in content.compose(draft)["channels"] if t["platform"] == "zalo")
    assert zalo["html"].startswith(f"<p><strong>{LINE}</strong></p><p>")


def test_the_line_names_the_link_of_a_post_that_is_still_live_there(unit, officer):
    address = "https://platform.example/posts/1"
    draft = starting.start_correction(seen(unit, permalink=address), by=officer)
    assert texts(draft)["facebook"].startswith(f"{LINE} ({address})\n")


@pytest.mark.parametrize("state", [State.RECALLING, State.RECALLED])
def test_a_recalled_post_is_corrected_without_a_link_that_leads_nowhere(unit, officer, state):
    draft = starting.start_correction(
        seen(unit, state=state, permalink="https://platform.example/1"), by=officer
    )
    assert texts(draft)["facebook"].startswith(f"{LINE}\n")


def test_the_line_keeps_the_title_that_residents_read(unit, officer):
    post = seen(unit)
    Post.objects.filter(pk=post.pk).update(title="Tiêu đề sửa sau khi đăng")
    post.refresh_from_db()
    assert texts(starting.start_correction(post, by=officer))["facebook"].startswith(LINE)


def test_a_page_that_is_no_longer_connected_is_left_out(unit, officer):
    post = seen(unit, platforms=("facebook", "zalo"))
    gone = post.targets.get(channel__platform="zalo").channel
    gone.health = "disconnected"
    gone.save()
    draft = starting.start_correction(post, by=officer)
    assert [t.channel.platform for t in draft.targets.all()] == ["facebook"]


def test_what_no_resident_has_seen_cannot_be_corrected(unit, officer):
    with pytest.raises(Refused):
        starting.start_correction(factories.approved(unit=unit), by=officer)
    assert Post.objects.filter(corrects__isnull=False).count() == 0


@pytest.mark.parametrize("role", [Role.OVERSEER, Role.SUPERVISOR])
def test_who_may_not_write_there_corrects_nothing(unit, role):
    with pytest.raises(NotAllowed):
        starting.start_correction(seen(unit), by=factories.person(role, unit.parent))


def test_a_correction_is_part_of_the_hash_and_other_posts_keep_theirs(unit, officer):
    post = seen(unit)
    draft = starting.start_correction(post, by=officer)
    assert content.compose(draft)["corrects"] == str(post.public_id)
    assert "corrects" not in content.compose(post)
    assert content.digest(content.compose(post)) == post.approved_revision.content_sha256


def test_a_correction_goes_through_the_same_review(unit, officer):
    draft = write(starting.start_correction(seen(unit), by=officer), officer)
    revision = decisions.submit(draft, by=officer)
    assert draft.state == PostState.IN_REVIEW
    assert Revision.objects.get(pk=revision.pk).content["channels"][0]["text"].startswith(LINE)


def test_the_two_pages_name_each_other(client, unit, officer):
    post = seen(unit)
    client.force_login(officer)

    response = client.post(reverse("posts:correct", args=[post.public_id]))

    draft = Post.objects.get(corrects=post)
    assert response["Location"] == reverse("posts:edit", args=[draft.public_id])
    assert LINE in client.get(response["Location"]).content.decode()
    for page, other in ((post, draft), (draft, post)):
        html = client.get(reverse("publishing:post", args=[page.public_id])).content.decode()
        assert reverse("publishing:post", args=[other.public_id]) in html


def test_a_correction_takes_no_picture_along_that_may_be_the_mistake(unit, officer):
    draft = starting.start_correction(seen(unit), by=officer)

    assert not draft.pictures.exists()


def test_a_post_is_corrected_only_once_its_correction_stands_on_a_page(client, unit, officer):
    post = seen(unit)
    draft = starting.start_correction(post, by=officer)
    client.force_login(officer)
    page = reverse("publishing:post", args=[post.public_id])

    before = client.get(page).text
    stood = {"state": State.PUBLISHED, "published_at": SEEN, "remote_id": "9"}
    factories.delivery(factories.approved(draft), **stood)
    after = client.get(page).text

    assert ("Correction being prepared" in before, "Corrected by" in before) == (True, False)
    assert ("Correction being prepared" in after, "Corrected by" in after) == (False, True)


def test_the_button_is_offered_only_where_something_was_published(client, unit, officer):
    client.force_login(officer)
    published, unseen = seen(unit), factories.approved(unit=unit)
    offered = [
        reverse("posts:correct", args=[p.public_id])
        in client.get(reverse("publishing:post", args=[p.public_id])).content.decode()
        for p in (published, unseen)
    ]
    assert offered == [True, False]


def test_a_post_that_was_never_published_is_refused_in_words(client, unit, officer):
    post = factories.approved(unit=unit)
    client.force_login(officer)
    response = client.post(reverse("posts:correct", args=[post.public_id]), follow=True)
    assert [str(m) for m in response.context["messages"]] == [
        "Only what stood on a page can be corrected. Edit the post instead."
    ]
