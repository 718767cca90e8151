"""Save a draft: who may, what is refused, and what is kept."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from core.secrecy import SecrecyRefused
from platforms.meta.facebook.connector import Facebook
from posts.canonical import html
from posts.editor import saving
from posts.editor.saving import EditConflict
from posts.models import Post, PostChannel
from posts.origins import starting
from posts.review import decisions
from posts.states import PostState
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n{}\n"


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def colleague(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def approver(unit):
    return person(Role.APPROVER, unit)


@pytest.fixture
def post(unit, officer):
    return PostFactory(unit=unit, author=officer)


def save(post, by, *, version=None, **written):
    version = post.version if version is None else version
    return saving.save(post, factories.edit_of(post, **written), by=by, version=version)


# --- Drafting -------------------------------------------------------------------------------------


def test_a_new_draft_is_meant_for_all_usable_channels_of_the_unit(unit, officer):
    mine = ChannelFactory(unit=unit)
    ChannelFactory(unit=unit, health="disconnected")
    ChannelFactory(unit=unit, platform="telegram")  # off until the province allows it
    ChannelFactory()

    post = starting.start_draft(unit=unit, by=officer)

    assert [t.channel for t in post.targets.all()] == [mine]
    assert (post.state, post.author) == (PostState.DRAFT, officer)
    assert Entry.objects.get(action="post.started").object_id == str(post.public_id)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OVERSEER, Role.ADMINISTRATOR])
def test_who_may_not_write_can_neither_start_nor_save(unit, post, role):
    stranger = person(role, unit)
    with pytest.raises(NotAllowed):
        starting.start_draft(unit=unit, by=stranger)
    with pytest.raises(NotAllowed):
        save(post, stranger, title="Another title")


@pytest.mark.parametrize(
    "too_much",
    [
        {"body": "<ol>" * 5_001},
        {"body": "a" * 100_001},
        {"title": "a" * 201},
        {"link": "https://a.vn/" + "a" * 500},
        {"pictures": 21},
        {"alt": "a" * 501},
        {"captions": "a" * 200_001},
        {"text": "a" * 100_001},
    ],
    ids=lambda given: next(iter(given)),
)
def test_more_than_the_form_lets_through_is_refused_by_the_service_too(
    post, officer, unit, too_much
):
    medium = factories.media(unit)
    given = dict(too_much)
    pictures = [(medium, given.pop("alt", ""))] * given.pop("pictures", 1)
    captions = {medium: given.pop("captions", "")}
    texts = {
        target.channel: given.pop("text", "") for target in post.targets.select_related("channel")
    }

    with pytest.raises(Refused):
        save(post, officer, texts=texts, pictures=pictures, captions=captions, **given)

    assert Post.objects.get(pk=post.pk).version == post.version


def test_an_officer_of_another_unit_cannot_save(post):
    with pytest.raises(NotAllowed):
        save(post, person(Role.OFFICER), title="Another title")


def test_saving_writes_the_working_copy_and_says_who_was_last(post, colleague):
    saved = save(
        post,
        colleague,
        title="  Tie\u0302u đề mới ",
        body="<p onclick='x'>Nội dung<script>x</script></p>",
    )

    saved.refresh_from_db()
    assert saved.title == "Tiêu đề mới"
    assert saved.body == "<p>Nội dung</p>"
    assert saved.last_editor == colleague
    assert saved.version == post.version + 1
    assert Post.objects.search("TIEU DE noi dung").get() == saved


def test_saving_the_same_again_does_not_make_a_reader_the_last_editor(post, officer, colleague):
    post = save(post, officer, title="Tiêu đề")
    again = save(post, colleague)

    again.refresh_from_db()
    assert again.last_editor == officer
    assert again.version == post.version


def test_an_older_copy_does_not_overwrite_a_newer_one(post, officer, colleague):
    save(post, colleague, title="Newer")

    with pytest.raises(EditConflict) as caught:
        save(post, officer, version=1, title="Older")

    assert caught.value.post.title == "Newer"
    assert caught.value.post.last_editor == colleague
    post.refresh_from_db()
    assert post.title == "Newer"


@pytest.mark.parametrize(
    "part",
    ["title", "body", "own text", "description", "captions"],
)
def test_a_secrecy_mark_anywhere_stores_nothing(unit, post, officer, part):
    channel, picture = post.targets.get().channel, factories.media(unit)
    mark = "(MẬT)"
    fields = {"title": f"Kế hoạch {mark}"} if part == "title" else {}
    fields |= {"body": "<p>TUYỆT MẬT</p><p>Kế hoạch</p>"} if part == "body" else {}

    with pytest.raises(SecrecyRefused):
        save(
            post,
            officer,
            texts={channel: f"Kế hoạch {mark}" if part == "own text" else ""},
            pictures=[(picture, mark if part == "description" else "Ảnh")],
            captions={picture: VTT.format(mark if part == "captions" else "Chào")},
            **fields,
        )

    stored = Post.objects.get(pk=post.pk)
    assert (stored.version, stored.title, stored.body, stored.search) == (
        1,
        post.title,
        post.body,
        post.search,
    )
    assert not stored.pictures.exists()
    assert [t.text for t in stored.targets.all()] == [""]


def test_a_lesson_about_keeping_secrets_may_be_saved(post, officer):
    saved = save(
        post,
        officer,
        body="<p>Luật Bảo vệ bí mật nhà nước nêu ba độ mật: TUYỆT MẬT, TỐI MẬT, MẬT.</p>",
    )
    assert saved.version == 2


def test_a_post_takes_no_foreign_channel_and_no_foreign_picture(post, officer):
    with pytest.raises(NotAllowed):
        save(post, officer, texts={ChannelFactory(): ""})
    with pytest.raises(NotAllowed):
        save(post, officer, pictures=[(factories.media(UnitFactory()), "Ảnh")])


def test_a_post_in_review_is_not_open_for_editing(unit, officer):
    post = factories.submitted(unit=unit, author=officer)
    with pytest.raises(Refused, match="not open for editing"):
        save(post, officer, title="Another title")


def test_a_copy_is_a_draft_of_its_own(unit, officer, colleague):
    post = PostFactory(
        unit=unit, author=officer, media=[factories.media(unit)], requested_time=timezone.now()
    )
    gone = PostChannel.objects.create(
        post=post, channel=ChannelFactory(unit=unit, health="disconnected")
    )

    copy = starting.duplicate(post, by=colleague)

    assert (copy.title, copy.body, copy.topic, copy.author, copy.duplicate_of) == (
        post.title,
        post.body,
        post.topic,
        colleague,
        post,
    )
    assert copy.requested_time is None
    assert [p.media for p in copy.pictures.all()] == [p.media for p in post.pictures.all()]
    assert {t.channel for t in copy.targets.all()} == {t.channel for t in post.targets.all()} - {
        gone.channel
    }
    assert copy.state == PostState.DRAFT


def test_others_who_have_the_post_open_are_named_for_a_minute(post, officer, colleague):
    now = timezone.now()
    assert saving.note_editing(post, by=officer, now=now) == []
    assert saving.note_editing(post, by=colleague, now=now + timedelta(seconds=30)) == [officer]
    assert saving.note_editing(post, by=colleague, now=now + timedelta(seconds=61)) == []


def decided(post) -> dict[str, object]:
    """Return what a copy carries besides the texts."""
    return {
        "targets": sorted(post.targets.values_list("channel__platform", "format", "options")),
        "captions": list(post.pictures.values_list("captions", flat=True)),
        "ai_made": post.ai_made,
    }


@pytest.fixture
def with_video(unit, post, officer):
    """A post with a video and captions for two platforms, each with what its author decides."""
    facebook, tiktok = post.targets.get().channel, ChannelFactory(unit=unit, platform="tiktok")
    video = factories.video(unit)
    return save(
        post,
        officer,
        texts={facebook: "", tiktok: ""},
        pictures=[(video, "")],
        captions={video: VTT.format("Chào bà con")},
        formats={tiktok: "video"},
        options={tiktok: {"privacy": "PUBLIC_TO_EVERYONE", "comments": True}},
        ai_made=True,
    )


def test_formats_options_captions_and_the_ai_mark_are_kept(with_video, colleague):
    with_video.refresh_from_db()
    assert decided(with_video) == {
        "targets": [
            ("facebook", "", {}),
            ("tiktok", "video", {"privacy": "PUBLIC_TO_EVERYONE", "comments": True}),
        ],
        "captions": [VTT.format("Chào bà con")],
        "ai_made": True,
    }


@pytest.mark.parametrize("part", ["formats", "options", "captions", "ai_made"])
def test_a_change_of_any_of_them_is_a_change(with_video, colleague, part):
    same = {
        "texts": {t.channel: t.text for t in with_video.targets.all()},
        "pictures": [(p.media, p.alt_text) for p in with_video.pictures.all()],
        "captions": {p.media: p.captions for p in with_video.pictures.all()},
        "formats": {t.channel: t.format for t in with_video.targets.all()},
        "options": {t.channel: t.options for t in with_video.targets.all()},
    }
    assert save(with_video, colleague, **same).version == with_video.version

    same[part] = False if part == "ai_made" else {}
    changed = save(with_video, colleague, **same)

    assert (changed.version, changed.last_editor) == (with_video.version + 1, colleague)


def test_a_copy_goes_out_in_the_same_formats(with_video, colleague):
    assert decided(starting.duplicate(with_video, by=colleague)) == decided(with_video)


def test_a_limit_that_changed_since_the_submission_is_named_at_approval(
    post, officer, approver, monkeypatch
):
    revision = decisions.submit(post, by=officer)
    less = replace(Facebook.facts, formats=[replace(Facebook.facts.formats[0], max_text=20)])
    monkeypatch.setattr(Facebook, "facts", less)

    with pytest.raises(Refused, match="characters too long"):
        decisions.approve(post, revision, by=approver, proof=factories.proof())

    post.refresh_from_db()
    assert (post.state, revision.reviews.count()) == (PostState.IN_REVIEW, 0)


def test_a_save_reads_the_text_out_of_its_markup_once(client, post, officer, monkeypatch):
    """It takes 25 milliseconds for a long one, and every channel and every check needs it."""
    read = Counter()

    class Counting(html._PlainTextParser):
        def feed(self, data):
            read[data] += 1
            super().feed(data)

    monkeypatch.setattr(html, "_PlainTextParser", Counting)
    client.force_login(officer)
    body = "<p>Đoạn văn chỉ có ở phép thử này.</p>"

    answer = client.post(address("autosave", post), typed(post, body=body))

    assert answer.status_code == 200
    assert read[body] == 1
