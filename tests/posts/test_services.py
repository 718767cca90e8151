"""What changes a post: who may, what is refused, and what the database itself holds to."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.connectors.facebook import Facebook
from core.errors import NotAllowed, Refused
from posts import content, services
from posts.models import Post, PostChannel, Review, Revision
from posts.queries import findings
from posts.services import EditConflict, SecrecyRefused
from posts.states import PostState
from publishing.states import State
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person

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


def save(post, by, *, version=None, texts=None, pictures=(), captions=None, formats=None, options=None, **fields):
    values = {
        name: getattr(post, name) for name in ("title", "body", "link", "topic", "campaign", "valid_until", "wanted_at")
    }
    if texts is None:
        texts = {t.channel: t.text for t in post.targets.select_related("channel")}
    return services.save(
        post,
        by=by,
        version=post.version if version is None else version,
        fields={**values, **fields},
        texts=texts,
        pictures=pictures,
        captions=captions,
        formats=formats,
        options=options,
    )


# --- Drafting ---------------------------------------------------------------------------------------------------------


def test_a_new_draft_is_meant_for_all_usable_channels_of_the_unit(unit, officer):
    mine = ChannelFactory(unit=unit)
    ChannelFactory(unit=unit, health="disconnected")
    ChannelFactory(unit=unit, platform="telegram")  # off until the province allows it
    ChannelFactory()

    post = services.start(unit=unit, by=officer)

    assert [t.channel for t in post.targets.all()] == [mine]
    assert (post.state, post.author) == (PostState.DRAFT, officer)
    assert Entry.objects.get(action="post.started").object_id == str(post.public_id)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OVERSEER, Role.ADMINISTRATOR])
def test_who_may_not_write_can_neither_start_nor_save(unit, post, role):
    stranger = person(role, unit)
    with pytest.raises(NotAllowed):
        services.start(unit=unit, by=stranger)
    with pytest.raises(NotAllowed):
        save(post, stranger, title="Another title")


def test_an_officer_of_another_unit_cannot_save(post):
    with pytest.raises(NotAllowed):
        save(post, person(Role.OFFICER), title="Another title")


def test_saving_writes_the_working_copy_and_says_who_was_last(post, colleague):
    saved = save(post, colleague, title="  Tie\u0302u đề mới ", body="<p onclick='x'>Nội dung<script>x</script></p>")

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
    assert (stored.version, stored.title, stored.body, stored.search) == (1, post.title, post.body, post.search)
    assert not stored.pictures.exists()
    assert [t.text for t in stored.targets.all()] == [""]


def test_a_lesson_about_keeping_secrets_may_be_saved(post, officer):
    saved = save(post, officer, body="<p>Luật Bảo vệ bí mật nhà nước nêu ba độ mật: TUYỆT MẬT, TỐI MẬT, MẬT.</p>")
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
    post = PostFactory(unit=unit, author=officer, media=[factories.media(unit)], wanted_at=timezone.now())
    gone = PostChannel.objects.create(post=post, channel=ChannelFactory(unit=unit, health="disconnected"))

    copy = services.duplicate(post, by=colleague)

    assert (copy.title, copy.body, copy.topic, copy.author, copy.duplicate_of) == (
        post.title,
        post.body,
        post.topic,
        colleague,
        post,
    )
    assert copy.wanted_at is None
    assert [p.media for p in copy.pictures.all()] == [p.media for p in post.pictures.all()]
    assert {t.channel for t in copy.targets.all()} == {t.channel for t in post.targets.all()} - {gone.channel}
    assert copy.state == PostState.DRAFT


def test_others_who_have_the_post_open_are_named_for_a_minute(post, officer, colleague):
    now = timezone.now()
    assert services.touch(post, by=officer, now=now) == []
    assert services.touch(post, by=colleague, now=now + timedelta(seconds=30)) == [officer]
    assert services.touch(post, by=colleague, now=now + timedelta(seconds=61)) == []


def decided(post) -> dict[str, object]:
    """What a copy carries besides the texts."""
    return {
        "targets": sorted(post.targets.values_list("channel__platform", "format", "options")),
        "captions": list(post.pictures.values_list("captions", flat=True)),
        "ai_made": post.ai_made,
    }


@pytest.fixture
def filmed(unit, post, officer):
    """A post with a film and captions for two platforms, each with what an author decides there."""
    facebook, tiktok = post.targets.get().channel, ChannelFactory(unit=unit, platform="tiktok")
    film = factories.video(unit)
    return save(
        post,
        officer,
        texts={facebook: "", tiktok: ""},
        pictures=[(film, "")],
        captions={film: VTT.format("Chào bà con")},
        formats={tiktok: "video"},
        options={tiktok: {"privacy": "PUBLIC_TO_EVERYONE", "comments": True}},
        ai_made=True,
    )


def test_formats_options_captions_and_the_ai_mark_are_kept(filmed, colleague):
    filmed.refresh_from_db()
    assert decided(filmed) == {
        "targets": [
            ("facebook", "", {}),
            ("tiktok", "video", {"privacy": "PUBLIC_TO_EVERYONE", "comments": True}),
        ],
        "captions": [VTT.format("Chào bà con")],
        "ai_made": True,
    }


@pytest.mark.parametrize("part", ["formats", "options", "captions", "ai_made"])
def test_a_change_of_any_of_them_is_a_change(filmed, colleague, part):
    same = {
        "texts": {t.channel: t.text for t in filmed.targets.all()},
        "pictures": [(p.media, p.alt_text) for p in filmed.pictures.all()],
        "captions": {p.media: p.captions for p in filmed.pictures.all()},
        "formats": {t.channel: t.format for t in filmed.targets.all()},
        "options": {t.channel: t.options for t in filmed.targets.all()},
    }
    assert save(filmed, colleague, **same).version == filmed.version

    same[part] = False if part == "ai_made" else {}
    changed = save(filmed, colleague, **same)

    assert (changed.version, changed.last_editor) == (filmed.version + 1, colleague)


def test_a_copy_goes_out_in_the_same_formats(filmed, colleague):
    assert decided(services.duplicate(filmed, by=colleague)) == decided(filmed)


def test_a_limit_that_changed_since_the_submission_is_named_at_approval(post, officer, approver, monkeypatch):
    revision = services.submit(post, by=officer)
    less = replace(Facebook.facts, formats=[replace(Facebook.facts.formats[0], max_text=20)])
    monkeypatch.setattr(Facebook, "facts", less)

    with pytest.raises(Refused, match="characters too long"):
        services.approve(post, revision, by=approver)

    post.refresh_from_db()
    assert (post.state, revision.reviews.count()) == (PostState.IN_REVIEW, 0)


# --- Findings ---------------------------------------------------------------------------------------------------------


def rules(post) -> list[str]:
    return [f.rule for f in findings(post)]


def test_a_complete_draft_has_no_finding(post):
    assert rules(post) == []


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"title": " "}, "title_missing"),
        ({"body": "<p></p>"}, "body_missing"),
        ({"topic": None}, "topic_missing"),
        ({"valid_until": timezone.now() - timedelta(minutes=1)}, "no_longer_valid"),
        (
            {"valid_until": timezone.now() + timedelta(days=1), "wanted_at": timezone.now() + timedelta(days=2)},
            "wanted_too_late",
        ),
    ],
)
def test_what_is_missing_blocks_the_submission(post, officer, fields, rule):
    post = save(post, officer, **fields)

    assert rules(post) == [rule]
    with pytest.raises(Refused) as caught:
        services.submit(post, by=officer)
    assert str(caught.value) == findings(post)[0].message
    assert not post.revisions.exists()


def test_a_post_for_no_channel_is_blocked(post, officer):
    assert rules(save(post, officer, texts={})) == ["channel_missing"]


def test_a_picture_without_a_description_is_blocked(unit, post, officer):
    post = save(post, officer, pictures=[(factories.media(unit), "Ảnh"), (factories.media(unit), " ")])
    assert [(f.rule, f.message) for f in findings(post)] == [
        ("alt_missing", "Picture 2 has no description for blind readers.")
    ]


def test_a_text_is_counted_as_the_platform_shows_it(unit, post, officer):
    zalo = ChannelFactory(unit=unit, platform="zalo")
    picture = (factories.media(unit), "Ảnh")
    post = save(post, officer, texts={zalo: ""}, pictures=[picture], body=f"<p>{'ă' * 10_001}</p>")
    assert rules(post) == ["text_long"]

    signature = len(f"\n\n{unit.name}")
    post = save(post, officer, texts={zalo: ""}, pictures=[picture], body=f"<p>{'a\u0306' * (10_000 - signature)}</p>")
    assert rules(post) == []


def test_telegram_takes_less_text_beside_a_picture(unit, post, officer):
    telegram = ChannelFactory(unit=unit, platform="telegram")
    post = save(post, officer, texts={telegram: "ă" * 2000})
    assert rules(post) == []

    post = save(post, officer, texts={telegram: "ă" * 2000}, pictures=[(factories.media(unit), "Ảnh")])
    assert [(f.rule, f.where) for f in findings(post)] == [("text_long", str(telegram.public_id))]


def test_a_zalo_article_needs_a_picture_and_a_short_title(unit, post, officer):
    zalo = ChannelFactory(unit=unit, platform="zalo")
    post = save(post, officer, texts={zalo: ""}, title="ă" * 151)
    assert rules(post) == ["title_long", "media_missing"]


def found(post) -> list[tuple[str, str, str]]:
    return [(f.rule, f.severity.value, f.where) for f in findings(post)]


def test_an_option_that_must_be_chosen_is_asked_for_beside_its_field(unit, post, officer):
    tiktok = ChannelFactory(unit=unit, platform="tiktok")
    film = (factories.video(unit), "")
    post = save(post, officer, texts={tiktok: ""}, pictures=[film])
    assert found(post) == [("choose_privacy", "block", f"{tiktok.public_id}-privacy")]
    assert findings(post)[0].message == f"Choose for TikTok {tiktok.name}: Who can see the post."

    post = save(post, officer, texts={tiktok: ""}, pictures=[film], options={tiktok: {"privacy": "SELF_ONLY"}})
    assert found(post) == []


def test_what_is_wrong_with_one_film_is_said_beside_it(unit, post, officer):
    youtube, instagram = (ChannelFactory(unit=unit, platform=platform) for platform in ("youtube", "instagram"))
    film = factories.video(unit, seconds=2000)
    post = save(post, officer, texts={youtube: "", instagram: ""}, pictures=[(film, "")], title="Ngắn")
    assert [f for f in found(post) if f[0] == "video_long"] == [("video_long", "block", f"media-{film.public_id}")]


def test_what_is_shown_otherwise_than_one_may_think_is_a_warning_and_blocks_nothing(unit, post, officer):
    channels = {name: ChannelFactory(unit=unit, platform=name) for name in ("instagram", "tiktok")}
    film, strip = factories.video(unit, seconds=5), factories.media(unit)
    type(strip).objects.filter(pk=strip.pk).update(width=900, height=300)
    post = save(
        post,
        officer,
        texts=dict.fromkeys(channels.values(), ""),
        pictures=[(film, ""), (strip, "Dải")],
        options={channels["tiktok"]: {"privacy": "PUBLIC_TO_EVERYONE"}},
        link="https://dichvucong.gov.vn/",
    )
    instagram, tiktok = (str(channels[name].public_id) for name in ("instagram", "tiktok"))
    assert found(post) == [
        ("media_left_out", "warn", tiktok),
        ("link_left_out", "warn", tiktok),
        ("margins", "warn", instagram),
        ("link_left_out", "warn", instagram),
    ]
    said = {f.rule: f.message for f in findings(post)}
    assert said["margins"].startswith("Picture 2 is too long or too wide for Instagram")
    assert said["media_left_out"].endswith("shows this post as “Video”, without 1 picture.")
    assert services.submit(post, by=officer).number == 1


def test_more_pictures_than_a_platform_takes_are_blocked(unit, post, officer):
    pictures = [(factories.media(unit), "Ảnh") for _ in range(11)]
    assert rules(save(post, officer, pictures=pictures)) == ["too_many_images"]


# --- Submission and approval ------------------------------------------------------------------------------------------


def test_submitting_cuts_a_revision_and_tells_the_approvers(post, officer, approver):
    revision = services.submit(post, by=officer)

    post.refresh_from_db()
    assert (post.state, post.current_revision) == (PostState.IN_REVIEW, revision)
    assert revision.number == 1
    assert revision.content_sha256 == content.digest(content.compose(post))
    assert [n.user for n in Notice.objects.filter(kind="post_submitted")] == [approver]


def test_submitting_unchanged_text_again_cuts_no_second_revision(post, officer, approver):
    first = services.submit(post, by=officer)
    services.send_back(post, first, by=approver, reason="Xem lại")
    assert services.submit(post, by=officer) == first


@pytest.mark.parametrize("hand", ["author", "editor"])
def test_who_wrote_or_last_edited_may_not_approve(unit, hand):
    chief, other = person(Role.APPROVER, unit), person(Role.OFFICER, unit)
    people = {"author": chief, "last_editor": other} if hand == "author" else {"author": other, "last_editor": chief}
    post = factories.submitted(unit=unit, **people)

    with pytest.raises(NotAllowed, match="drafted or last edited"):
        services.approve(post, post.current_revision, by=chief)

    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW


def test_an_officer_and_another_units_chief_may_not_approve(unit, officer, colleague):
    post = factories.submitted(unit=unit, author=officer)
    for stranger in (colleague, person(Role.APPROVER)):
        with pytest.raises(NotAllowed):
            services.approve(post, post.current_revision, by=stranger)


def test_another_chief_approves_exactly_the_revision(post, officer, approver):
    revision = services.submit(post, by=officer)
    services.approve(post, revision, by=approver)

    post.refresh_from_db()
    assert (post.state, post.approved_revision) == (PostState.APPROVED, revision)
    review = revision.reviews.get()
    assert (review.decision, review.by, review.content_sha256) == ("approved", approver, revision.content_sha256)
    assert Entry.objects.get(action="post.approved").post_held == "Approving leader"


def test_a_revision_that_is_no_longer_current_cannot_be_approved(post, officer, approver):
    old = services.submit(post, by=officer)
    services.reopen(post, by=officer)
    post = save(post, officer, title="Tiêu đề khác")
    services.submit(post, by=officer)

    with pytest.raises(Refused, match="changed meanwhile"):
        services.approve(post, old, by=approver)


def test_sending_back_needs_a_reason_and_tells_the_writers(post, officer, approver):
    revision = services.submit(post, by=officer)
    with pytest.raises(Refused):
        services.send_back(post, revision, by=approver, reason=" ")

    services.send_back(post, revision, by=approver, reason="Thiếu số điện thoại")

    post.refresh_from_db()
    assert post.state == PostState.CHANGES_REQUESTED
    assert Notice.objects.get(kind="post_returned").user == officer


def test_editing_after_approval_ends_the_approval_and_what_was_scheduled(unit, officer):
    post = factories.approved(unit=unit, author=officer)
    delivery = factories.delivery(post, due_at=timezone.now() + timedelta(hours=1))

    services.reopen(post, by=officer)

    post.refresh_from_db()
    delivery.refresh_from_db()
    assert (post.state, post.approved_revision) == (PostState.DRAFT, None)
    assert delivery.state == State.CANCELLED


def test_an_approved_post_is_not_put_away(unit, officer):
    post = factories.approved(unit=unit, author=officer)
    with pytest.raises(Refused, match="withdraw it instead"):
        services.archive(post, by=officer)


# --- What the database holds to, whoever writes -----------------------------------------------------------------------


def test_the_database_refuses_an_approval_by_author_or_editor(unit, officer, colleague):
    revision = factories.submitted(unit=unit, author=officer, last_editor=colleague).current_revision
    for hand in (officer, colleague):
        with pytest.raises(IntegrityError, match="approver_is_not_author_nor_editor"), transaction.atomic():
            Review.objects.create(
                revision=revision,
                decision="approved",
                by=hand,
                author=revision.author,
                editor=revision.editor,
                decided_at=timezone.now(),
            )


def test_the_database_refuses_approval_of_another_than_the_current_revision(unit):
    post = factories.approved(unit=unit)
    other = factories.submitted(unit=unit).current_revision
    with pytest.raises(IntegrityError, match="only_the_current_revision_is_approved"), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(approved_revision=other)
    with pytest.raises(IntegrityError, match="only_the_current_revision_is_approved"), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(state=PostState.DRAFT)


def test_the_database_lets_nobody_change_or_delete_a_revision_or_a_decision(unit):
    post = factories.approved(unit=unit)
    for rows, change in (
        (Revision.objects.filter(post=post), {"content": {}}),
        (Review.objects.filter(revision__post=post), {"reason": "khác"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete(rows.db)
