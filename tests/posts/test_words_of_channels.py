"""A post is found by the words that stand in the text of one channel alone, too."""

import pytest

from accounts.permissions import Role
from core.text import fold
from core.word_search import LONGEST_TEXT, make_search_text
from posts.canonical.html import to_plain_text
from posts.editor import saving
from posts.kits import adopting
from posts.models import Post
from posts.origins import starting
from tests import factories


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def zalo(unit):
    return factories.ChannelFactory(unit=unit, platform="zalo")


@pytest.fixture
def facebook(unit):
    return factories.ChannelFactory(unit=unit, platform="facebook")


def found(words):
    return list(Post.objects.search(words))


@pytest.mark.django_db
def test_a_word_of_one_channels_text_finds_the_post_until_it_is_taken_out(
    unit, officer, zalo, facebook
):
    post = factories.PostFactory(unit=unit, channels=[zalo, facebook])

    def write(**texts):
        row = Post.objects.get(pk=post.pk)
        own = {zalo: texts.get("zalo", ""), facebook: texts.get("facebook", "")}
        edit = factories.edit_of(row, title="Sạc xe", body="<p>An toàn</p>", texts=own)
        saving.save(row, edit, by=officer, version=row.version)

    write(zalo="Quan tâm Zalo để nhận tin cảnh báo.", facebook="Nhấn thích trang")
    for words in ("canh bao", "quan tâm", "nhấn thích", "sac xe", "an toan"):
        assert found(words) == [post], words

    write(facebook="Nhấn thích trang")
    assert (found("canh bao"), found("nhan thich"), found("sac xe")) == ([], [post], [post])


@pytest.mark.django_db
def test_drafts_are_found_by_the_texts_that_they_begin_with(unit, officer, zalo):
    own = {"zalo": "Riêng cho Zalo: đốm lửa", "tiktok": "Riêng cho TikTok"}
    begun = starting.start_from_template(factories.template(unit, texts=own), unit=unit, by=officer)
    copy = starting.duplicate(begun, by=officer)
    assert set(found("dom lua")) == {begun, copy}
    assert found("rieng cho tiktok") == []  # the unit has no such channel
    assert set(found(begun.title)) == {begun, copy}

    zalo.health = "disconnected"
    zalo.save()
    assert set(found("dom lua")) == {begun, copy}
    last = starting.duplicate(begun, by=officer)
    assert last not in found("dom lua")


@pytest.mark.django_db
def test_a_post_of_a_kit_is_found_by_the_kits_own_text_of_a_platform(officer, unit, zalo):
    kit = factories.kit(unit.parent, state="issued", texts={"zalo": "Lửa nhỏ, hậu quả lớn"})

    post = adopting.adopt(kit, unit=unit, by=officer)

    assert found("hau qua lon") == [post]
    assert found("sac xe dien") == [post]


@pytest.mark.django_db
def test_planned_drafts_are_found_by_the_texts_of_their_channels(unit, officer, zalo, facebook):
    one, two = (factories.PostFactory(unit=unit, channels=[zalo, facebook]) for _ in range(2))
    made = saving.create_many(
        [
            factories.edit_of(one, texts={zalo: "Ngọn nến", facebook: ""}),
            factories.edit_of(two, texts={zalo: "Que diêm", facebook: ""}),
        ],
        unit=unit,
        by=officer,
    )
    assert [found("ngon nen"), found("que diem")] == [[made[0]], [made[1]]]


def test_what_is_searched_is_bounded_and_says_nothing_twice():
    assert make_search_text("Một", "Hai", "", "Hai") == "mot hai"
    assert len(make_search_text("Tiêu đề", "ă" * 150_000, "b" * 150_000)) <= LONGEST_TEXT


def test_the_composers_search_text_holds_all_of_it():
    post = Post(title="Tiêu đề", body="<p>Nội dung</p>")
    targets = {1: ("Chữ riêng",), 2: ("",)}
    assert saving._search_text(post, targets) == fold(
        f"Tiêu đề {to_plain_text(post.body)} Chữ riêng"
    )
