"""The search from every page: what each person finds, and how much it asks."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from accounts.permissions import Role
from accounts.search import find_actions
from core import navigation
from core.search import MOST_MATCHES, find_matches, fold_typed_words
from core.text import fold
from posts.models import Post
from tests import factories
from units.models import Level, Unit
from units.search import find_units

pytestmark = pytest.mark.django_db


def draft(title: str = "Bản thảo", **fields) -> Post:
    return factories.PostFactory(title=title, search=fold(title), channels=[], **fields)


def matches(person, typed: str) -> dict[str, list[str]]:
    with translation.override("vi"):
        groups = find_matches(person, fold_typed_words(typed))
        return {str(group.heading): [m.label for m in group.matches] for group in groups}


def labels(person, typed: str) -> list[str]:
    return [label for of_kind in matches(person, typed).values() for label in of_kind]


def test_typed_words_are_folded_and_cut_to_what_a_query_takes():
    assert fold_typed_words("  Đà   NẴNG ") == "da nang"
    assert fold_typed_words("a b c d e f g h") == "a b c d e f"
    assert fold_typed_words("x" * 54_000) == "x" * 100


@pytest.mark.parametrize("typed", ["hạn mức", "han muc", "HAN MUC", "mức hạn"])
def test_a_post_is_found_without_accents(typed):
    post = draft(title="Cảnh báo nâng hạn mức thẻ")

    assert matches(post.author, typed) == {"Bài viết": ["Cảnh báo nâng hạn mức thẻ"]}


def test_posts_people_and_units_out_of_reach_are_not_found():
    post = draft(title="Cảnh báo nâng hạn mức thẻ")
    elsewhere = draft(title="Cảnh báo nâng hạn mức khác")
    admin = factories.person(Role.ADMINISTRATOR, post.unit.parent, full_name="Trần Hạn Mức")
    factories.person(unit=elsewhere.unit, full_name="Lê Hạn Mức")
    colleague = factories.person(unit=post.unit, full_name="Vũ Hạn Mức")

    assert matches(post.author, "hạn mức") == {"Bài viết": [post.title]}
    assert matches(admin, "hạn mức") == {"Cán bộ": ["Trần Hạn Mức", "Vũ Hạn Mức"]}
    assert matches(colleague, elsewhere.unit.place.casefold()) == {}
    assert matches(colleague, post.unit.place) == {"Đơn vị": [post.unit.name]}


def test_who_oversees_units_finds_them_before_posts_and_others_after():
    unit = factories.UnitFactory(place="Xã Hòa Vang")
    post = draft(title="Hòa Vang an toàn", unit=unit)
    overseer = factories.person(Role.OVERSEER, unit.parent)

    assert list(matches(overseer, "hoa vang")) == ["Đơn vị", "Bài viết"]
    assert list(matches(post.author, "hoa vang")) == ["Bài viết", "Đơn vị"]


def test_a_draft_of_ones_own_unit_leads_to_the_composer_and_others_to_their_page():
    post = draft(title="Bản thảo hạn mức")
    supervisor = factories.person(Role.SUPERVISOR, post.unit)

    addresses = {
        person: [m.address for group in find_matches(person, "han muc") for m in group.matches]
        for person in (post.author, supervisor)
    }

    assert addresses == {
        post.author: [reverse("posts:edit", args=[post.public_id])],
        supervisor: [reverse("publishing:post", args=[post.public_id])],
    }


def test_pages_and_actions_are_found_by_the_words_that_they_bear():
    approver = factories.person(Role.APPROVER)
    officer = factories.person(Role.OFFICER, approver.current_appointments[0].unit)

    assert matches(approver, "tam dung dang") == {
        "Việc cần làm": ["Tạm dừng đăng bài"],
        "Trang của hệ thống": ["Tạm dừng đăng bài"],
        "Trợ giúp": ["Tạm dừng đăng bài"],
    }
    assert matches(officer, "tam dung dang") == {}
    assert matches(officer, "soan bai moi") == {"Việc cần làm": ["Soạn bài mới"]}


def test_before_anything_is_typed_pages_and_actions_are_a_menu():
    officer = draft().author

    assert list(matches(officer, "")) == ["Việc cần làm", "Trang của hệ thống"]


def test_one_letter_finds_no_rows():
    post = draft(title="x")

    assert "Bài viết" not in matches(post.author, "x")


@pytest.mark.parametrize("role", Role)
def test_each_action_that_a_person_sees_opens_for_them(client, role):
    unit = factories.UnitFactory()
    holder = unit if role in (Role.OFFICER, Role.APPROVER) else unit.parent
    person = factories.person(role, holder)
    client.force_login(person)
    actions = list(find_actions(person, ""))
    assert len(actions) > 5

    answers = {action.address: client.get(action.address).status_code for action in actions}

    assert set(answers.values()) <= {200, 302}, answers


def test_an_action_is_the_current_entry_of_no_page():
    assert (
        navigation.find_current_entry("publishing:pause_new", "publishing") == "publishing:pauses"
    )


def test_each_kind_shows_eight_at_most_and_the_queries_do_not_grow(
    client, django_assert_max_num_queries
):
    unit = factories.UnitFactory(place="Phường Hạn Mức")
    admin = factories.person(Role.ADMINISTRATOR, unit.parent)
    officer = factories.person(unit=unit)
    for n in range(12):
        draft(unit=unit, author=officer, title=f"Hạn mức {n}")
        factories.person(unit=unit, full_name=f"Hạn Mức {n}")
        factories.UnitFactory(parent=unit.parent, place=f"Xã Hạn Mức {n}")

    for person in (admin, officer):
        client.force_login(person)
        with django_assert_max_num_queries(14):
            response = client.get(
                reverse("search"), {"q": "han muc"}, headers={"HX-Request": "true"}
            )
        assert [len(g.matches) <= MOST_MATCHES for g in response.context["groups"]].count(
            False
        ) == 0
    assert {len(g.matches) for g in response.context["groups"]} == {1, MOST_MATCHES}


def test_among_all_units_the_province_comes_before_its_communes():
    ministry = factories.ministry()
    provinces = [
        factories.ProvinceFactory(kind="thành phố", place=name)
        for name in ("Thành phố Đà Nẵng", "Thành phố Huế")
    ]
    communes = [
        Unit(
            level=Level.COMMUNE,
            kind="xã",
            code=f"{10000 + n}",
            place=f"Xã An Hải {n}",
            name=f"Công an xã An Hải {n}",
            parent=provinces[n % 2],
            valid_from=date(2025, 7, 1),
        )
        for n in range(3319)
    ]
    for commune in communes:
        commune.place_in_tree()
    Unit.objects.bulk_create(communes)
    watcher = factories.person(Role.OVERSEER, ministry)

    found = list(find_units(watcher, "da nang"))

    assert len(found) == MOST_MATCHES
    assert found[0].label == provinces[0].name
    assert [m.label for m in find_units(watcher, "an hai 3318")] == ["Công an xã An Hải 3318"]


def test_a_closed_unit_is_not_found():
    unit = factories.UnitFactory(place="Phường Hạn Mức")
    watcher = factories.person(Role.OVERSEER, unit.parent)
    assert len(list(find_units(watcher, "han muc"))) == 1
    Unit.objects.filter(pk=unit.pk).update(valid_to=timezone.localdate() - timedelta(days=1))

    assert list(find_units(watcher, "han muc")) == []


def test_the_page_answers_without_scripts_and_the_dialog_gets_its_part(client):
    post = draft(title="Hạn mức <b>thẻ</b>")
    client.force_login(post.author)

    page = client.get(reverse("search"), {"q": "hạn mức"}).content.decode()
    part = client.get(
        reverse("search"), {"q": "hạn mức"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert "<html" in page
    assert 'value="hạn mức"' in page
    assert "<html" not in part
    for html in (page, part):
        assert "Hạn mức &lt;b&gt;thẻ&lt;/b&gt;" in html


def test_what_finds_nothing_says_what_to_do(client):
    client.force_login(draft().author)

    nothing = client.get(reverse("search"), {"q": "zzzz qqqq"}).content.decode()

    assert "Nothing was found for “zzzz qqqq”" in nothing


def test_a_page_is_found_by_the_beginnings_of_its_words_and_not_by_what_lies_within():
    unit = factories.UnitFactory(place="Phường An Hải", name="Công an phường An Hải")
    officer = factories.person(Role.OFFICER, unit)

    assert list(matches(officer, "an hai")) == ["Đơn vị"]
    assert any("Bài viết" in labels for labels in matches(officer, "bai").values())


# What officers were seen to type, and where it is done: the portal calls it by another name.
@pytest.mark.parametrize(
    ("typed", "entry"),
    [
        ("áp phích", "Bài viết"),
        ("loa", "Bài viết"),
        ("lặp lại", "Bài viết"),
        ("đính chính", "Bài viết"),
        ("nhập excel", "Nhập bài từ Excel"),
        ("ke hoach thang", "Nhập bài từ Excel"),
        ("trả lời bình luận", "Bình luận"),
        ("xóa bài", "Bài viết"),
        ("viết bài", "Soạn bài mới"),
        ("hẹn giờ", "Lịch đăng"),
        ("giờ vàng", "Đặt khung giờ đăng"),
        ("logo", "Hình ảnh và video"),
        ("hotline", "Số, tài khoản được nêu"),
        ("thống kê", "Kết quả"),
        ("quên mật khẩu", "Đổi mật khẩu"),
        ("đổi điện thoại", "Xác thực hai lớp"),
        ("máy lạ", "Thiết bị đang đăng nhập"),
        ("email", "Tài khoản của tôi"),
    ],
)
def test_an_officer_finds_what_they_want_to_do_in_their_own_words(typed, entry):
    assert entry in labels(factories.person(Role.OFFICER), typed)


@pytest.mark.parametrize(
    ("role", "typed", "entry"),
    [
        (Role.APPROVER, "phê duyệt", "Duyệt bài chờ"),
        (Role.APPROVER, "gỡ bài", "Thu hồi bài đăng"),
        (Role.APPROVER, "khẩn cấp", "Tạm dừng đăng bài"),
        (Role.APPROVER, "nghỉ phép", "Ủy quyền duyệt"),
        (Role.ADMINISTRATOR, "sáp nhập", "Đơn vị"),
        (Role.ADMINISTRATOR, "cấp tài khoản", "Mời cán bộ"),
        (Role.ADMINISTRATOR, "fanpage", "Kết nối kênh"),
    ],
)
def test_others_find_what_is_theirs_to_do_and_officers_do_not(role, typed, entry):
    assert entry in labels(factories.person(role), typed)
    assert entry not in labels(factories.person(Role.OFFICER), typed)
