"""Differences between two versions, word by word."""

import random

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from posts.canonical import content
from posts.editor import saving
from posts.history import diff
from posts.history.diff import Piece
from posts.review import decisions
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person
from tests.pages import one_line


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        ("như cũ", "như cũ", [Piece("same", "như cũ")]),
        ("", "mới", [Piece("ins", "mới")]),
        ("cũ", "", [Piece("del", "cũ")]),
        (
            "Ba việc cần làm",
            "Bốn việc cần làm",
            [Piece("del", "Ba"), Piece("ins", "Bốn"), Piece("same", " việc cần làm")],
        ),
        (
            "đăng ký không mất phí",
            "đăng ký hoàn toàn miễn phí",
            [
                Piece("same", "đăng ký "),
                Piece("del", "không mất"),
                Piece("ins", "hoàn toàn miễn"),
                Piece("same", " phí"),
            ],
        ),
        (
            "một\n\nhai ba\n\nbốn",
            "một\n\nhai năm\n\nbốn",
            [
                Piece("same", "một\n\nhai "),
                Piece("del", "ba"),
                Piece("ins", "năm"),
                Piece("same", "\n\nbốn"),
            ],
        ),
    ],
)
def test_words_that_changed_are_distinguished(old, new, pieces):
    assert diff.compare_words(old, new) == pieces


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ab " * 18_000, "cd ef " * 9_000),
        ("x\n" * 27_000, "y\nx\n" * 13_000),
        ("a b " * 13_000, "a c " * 13_000),
        ("\t" * 50_000, "\t-" * 25_000),
    ],
    ids=["words", "lines", "one word in two", "tabs"],
)
def test_long_texts_of_few_words_are_compared_in_bounded_steps_or_shown_whole(old, new):
    assert diff.compare_words(old, new) == [Piece("del", old), Piece("ins", new)]


def test_a_page_of_many_long_parts_has_one_effort_for_all_of_them():
    effort = diff.Effort(left=40)
    assert len(diff.compare_words("một hai ba", "một bốn ba", effort)) == 4
    assert diff.compare_words("một hai ba " * 9, "một bốn ba " * 9, effort) == [
        Piece("del", "một hai ba " * 9),
        Piece("ins", "một bốn ba " * 9),
    ]


def test_an_article_of_fifteen_hundred_words_is_compared_word_by_word():
    often = [1 / (rank + 2) for rank in range(1200)]  # as words of a language are
    words = [f"từ{number}" for number in random.Random(7).choices(range(1200), often, k=1500)]
    changed = [f"mới{at}" if at % 10 == 0 else word for at, word in enumerate(words)]

    pieces = diff.compare_words(" ".join(words), " ".join(changed))

    assert sum(piece.kind == "ins" for piece in pieces) == 150


def test_both_texts_can_be_read_back_from_the_difference():
    old, new = "Gọi 113. Không chuyển tiền!\nHết.", "Gọi ngay 113.\nKhông bao giờ chuyển tiền!"
    pieces = diff.compare_words(old, new)
    assert "".join(p.text for p in pieces if p.kind != "ins") == old
    assert "".join(p.text for p in pieces if p.kind != "del") == new


@pytest.fixture
def unit(db):
    return UnitFactory()


@pytest.fixture
def post(unit):
    return PostFactory(
        unit=unit,
        channels=[ChannelFactory(unit=unit, name="Trang A")],
        media=[factories.media(unit), factories.media(unit)],
    )


def test_everything_that_is_published_is_compared(unit, post):
    old = content.compose(post)
    first, second = post.pictures.all()
    target, other = post.targets.get(), ChannelFactory(unit=unit, name="Trang B")
    added = factories.media(unit)
    post.title, post.link, post.topic = "Tiêu đề mới", "https://x.vn", None
    texts = {target.channel: "Riêng", other: ""}
    edit = factories.edit_of(
        post,
        title="Tiêu đề mới",
        body="<p>Khác</p>",
        link="https://x.vn",
        topic=None,
        campaign=None,
        valid_until=timezone.now(),
        requested_time=None,
        texts=texts,
        pictures=[(second.media, "Mô tả khác"), (added, "Thêm")],
    )
    saving.save(post, edit, by=post.author, version=1)
    post.refresh_from_db()

    found = diff.list_changes(old, content.compose(post))

    assert [(c.label, c.kind) for c in found] == [
        ("Title", ""),
        ("Text", ""),
        ("Link", ""),
        ("Topic", ""),
        ("Valid until", ""),
        ("Facebook Trang A", ""),
        ("Facebook Trang B", "ins"),
        ("Picture removed", "del"),
        ("Description of a picture", ""),
        ("Picture added", "ins"),
    ]
    assert found[7].media["media"] == str(first.media.public_id)


def test_a_new_order_of_pictures_and_a_removed_channel_are_listed(post):
    old = content.compose(post)
    new = {**old, "media": old["media"][::-1], "channels": []}
    assert [(c.label, c.kind) for c in diff.list_changes(old, new)] == [
        ("Facebook Trang A", "del"),
        ("Pictures", ""),
    ]


def test_formatting_alone_is_named_as_such(post):
    old = content.compose(post)
    new = {**old, "body": old["body"].replace("Nghi ngờ", "<strong>Nghi ngờ</strong>")}
    assert [c.pieces for c in diff.list_changes(old, new)] == [
        [Piece("same", "Only the formatting changed.")]
    ]


def test_nothing_changed_is_nothing_reported(post):
    assert diff.list_changes(content.compose(post), content.compose(post)) == []


# --- The pages ------------------------------------------------------------------------------------


@pytest.fixture
def revised(unit, post):
    """Two versions, the first returned, and a draft that went on."""
    chief, officer = person(Role.APPROVER, unit, full_name="Phạm Quốc Dũng"), post.author
    for number, title in enumerate(("Ba việc", "Bốn việc"), start=1):
        texts = {t.channel: "" for t in post.targets.select_related("channel")}
        edit = factories.edit_of(post, title=title, texts=texts)
        post = saving.save(post, edit, by=officer, version=post.version)
        decisions.submit(post, by=officer)
        decisions.request_changes(post, post.current_revision, by=chief, reason=f"Lý do {number}")
        post.refresh_from_db()
    return post


def test_the_page_shows_versions_decisions_and_the_last_difference(client, revised):
    client.force_login(revised.author)

    page = one_line(client.get(reverse("posts:history", args=[revised.public_id])).content.decode())

    assert "Phạm Quốc Dũng" in page
    assert "Lý do 1" in page
    assert '<del><span class="visually-hidden">[removed:</span>Ba<' in page
    assert '<ins><span class="visually-hidden">[added:</span>Bốn<' in page


def test_any_two_versions_can_be_compared(client, revised):
    client.force_login(revised.author)
    address = reverse("posts:history", args=[revised.public_id])
    assert client.get(address, {"old": "1", "new": "1"}).context["compared"] is False
    assert len(client.get(address, {"old": "1", "new": "2"}).context["changes"]) == 1
    assert client.get(address, {"old": "x", "new": "99"}).status_code == 200

    revised.title = "Năm việc"
    revised.save()
    assert client.get(address).context["choices"] == ["now", "2", "1"]


def test_a_post_never_submitted_says_so(client, post):
    client.force_login(post.author)
    page = client.get(reverse("posts:history", args=[post.public_id])).content.decode()
    assert "Not submitted yet" in page


def test_the_history_costs_the_same_for_one_version_and_for_three(
    client, unit, django_assert_max_num_queries
):
    post = factories.submitted(unit=unit)
    client.force_login(post.author)
    address = reverse("posts:history", args=[post.public_id])
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(20) as queries:
            client.get(address)
        counts.append(len(queries))
        for title in ("Hai", "Ba"):
            post.title = title
            factories.submitted(post)
    assert counts[0] + 1 >= counts[1]  # comparing asks once for the topics' names


def test_a_version_is_shown_as_it_was_submitted(client, revised):
    client.force_login(revised.author)
    first = revised.revisions.get(number=1)
    page = client.get(reverse("posts:revision", args=[first.public_id])).content.decode()
    assert "Ba việc" in page
    assert first.content_sha256 in page


def test_another_units_versions_do_not_exist(client, revised):
    client.force_login(person(Role.OFFICER))
    assert client.get(reverse("posts:history", args=[revised.public_id])).status_code == 404
    assert (
        client.get(reverse("posts:revision", args=[revised.current_revision.public_id])).status_code
        == 404
    )


def test_formats_options_videos_captions_and_the_ai_mark_are_compared_in_words(unit):
    tiktok = ChannelFactory(unit=unit, platform="tiktok", name="Trang A")
    video, picture = factories.video(unit, seconds=60), factories.media(unit)
    post = PostFactory(unit=unit, channels=[tiktok], media=[video, picture])
    post.targets.update(options={"privacy": "SELF_ONLY"})
    old = content.compose(post)

    post.targets.update(format="photo", options={"privacy": "PUBLIC_TO_EVERYONE", "comments": True})
    post.pictures.filter(media=video).update(
        captions="WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nChào\n"
    )
    post.ai_made = True
    post.save()
    new = content.compose(post)
    changes = {
        c.label: "".join(f"[{p.kind}:{p.text}]" if p.kind != "same" else p.text for p in c.pieces)
        for c in diff.list_changes(old, new)
    }
    assert changes.pop("Captions of a video").endswith("Chào\n]")
    assert changes == {
        "AI": "[ins:made or changed by AI]",
        "TikTok Trang A: format": "[del:Video][ins:Photo post]",
        "TikTok Trang A: Who can see the post": "[del:Only the page itself][ins:Everyone]",
        "TikTok Trang A: Allow comments": "[del:no][ins:yes]",
        "TikTok Trang A: Allow Duet": "[del:no]",
        "TikTok Trang A: Allow Stitch": "[del:no]",
    }

    post.pictures.filter(media=video).delete()
    (change,) = diff.list_changes(new, content.compose(post))
    assert (change.label, change.kind, change.pieces[0].text) == (
        "Video removed",
        "del",
        "Ảnh minh họa (video, 1 minute)",
    )


def test_an_option_from_before_it_was_written_down_did_not_change(unit):
    youtube = ChannelFactory(unit=unit, platform="youtube")
    post = PostFactory(unit=unit, channels=[youtube], media=[factories.video(unit)])
    new = content.compose(post)
    (target,) = new["channels"]
    old = {
        **new,
        "channels": [{name: value for name, value in target.items() if name != "options"}],
    }
    assert target["options"]
    assert diff.list_changes(old, new) == []
