import re
from itertools import combinations

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from accounts.context import granted_permissions
from accounts.permissions import Role
from core import navigation
from core.navigation import POSTS, SIDEBAR, Entry
from tests import factories
from units.models import Level


def test_core_names_no_page_of_another_app():
    apps = [
        app
        for app in settings.INSTALLED_APPS
        if (settings.BASE_DIR / app).is_dir() and app != "core"
    ]
    address = re.compile(rf"""["'](?:{"|".join(apps)}):""")

    naming = [
        p.name
        for p in (settings.BASE_DIR / "core").rglob("*.py")
        if address.search(p.read_text("utf-8"))
    ]

    assert naming == []


@pytest.mark.parametrize("language", ["en", "vi"])
def test_nobody_sees_two_entries_of_the_sidebar_with_one_name(language):
    with translation.override(language):
        named = [(str(entry.label), entry) for entry in navigation.ENTRIES if entry.part in SIDEBAR]

    twice = [
        name
        for (name, one), (other_name, other) in combinations(named, 2)
        if name == other_name
        and not {*one.rights} & {*other.hidden_by}
        and not {*other.rights} & {*one.hidden_by}
    ]

    assert twice == []


def test_an_entry_is_for_those_who_have_every_right_it_needs():
    entry = Entry("a:b", "list", "label", POSTS, 0, rights=("one", "two"), hidden_by=("three",))

    assert entry.is_for({"one": True, "two": True})
    assert not entry.is_for({"one": True, "two": False})
    assert not entry.is_for({"one": True, "two": True, "three": True})


def test_a_page_belongs_to_the_entry_of_its_view_before_that_of_its_namespace():
    assert navigation.find_current_entry("publishing:pauses", "publishing") == "publishing:pauses"
    assert (
        navigation.find_current_entry("publishing:pause_end", "publishing") == "publishing:pauses"
    )
    assert (
        navigation.find_current_entry("publishing:schedule", "publishing") == "publishing:post_list"
    )
    assert navigation.find_current_entry("engagement:campaign", "engagement") == "campaigns:list"
    assert navigation.find_current_entry("accounts:me", "accounts") == ""


def list_names(person) -> dict[str, list[str]]:
    """Return the sidebar's links in Vietnamese, with the names of the pages behind each."""
    with translation.override("vi"):
        sections = navigation.list_sections(granted_permissions(person))
        return {str(s.label): [str(entry.label) for entry in s.entries] for s in sections}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "level", "expected"),
    [
        (
            Role.OFFICER,
            Level.COMMUNE,
            "Hôm nay · Bài viết · Lịch đăng · Bình luận · Kết quả · Kho · Việc được giao",
        ),
        (
            Role.APPROVER,
            Level.COMMUNE,
            "Hôm nay · Chờ duyệt · Bài viết · Lịch đăng · Bình luận · Kết quả · Kho · "
            "Việc được giao · Dừng và thu hồi · Đơn vị",
        ),
        (
            Role.OVERSEER,
            Level.PROVINCE,
            "Hôm nay · Đơn vị · Bài viết · Kết quả · Chiến dịch · Báo cáo · Thư viện · "
            "Kênh, đối tác · Dừng và thu hồi · Quản trị",
        ),
        (
            Role.OVERSEER,
            Level.MINISTRY,
            "Hôm nay · Đơn vị · Bài viết · Kết quả · Chiến dịch · Báo cáo · Thư viện · "
            "Kênh, đối tác · Dừng và thu hồi · Quản trị",
        ),
        (
            Role.ADMINISTRATOR,
            Level.PROVINCE,
            "Hôm nay · Kênh · Đơn vị · Tài khoản · Ủy quyền · Nhật ký thao tác · "
            "Tình trạng hệ thống",
        ),
    ],
)
def test_the_sidebar_of_each_role(role, level, expected):
    person = factories.person(role, factories.UnitFactory(level=level))

    assert " · ".join(list_names(person)) == expected


@pytest.mark.django_db
def test_an_operator_has_three_links():
    assert list_names(factories.operator()) == {
        "Tình trạng": ["Tình trạng"],
        "Việc nền": ["Việc nền"],
        "Quản trị kỹ thuật": ["Người vận hành, quản trị", "Vận hành hệ thống"],
    }


@pytest.mark.django_db
def test_what_a_province_makes_for_many_is_called_otherwise_than_the_stock_of_a_unit():
    commune = factories.UnitFactory()
    officer = list_names(factories.person(Role.OFFICER, commune))
    overseer = list_names(factories.person(Role.OVERSEER, commune.parent))

    assert overseer["Thư viện"][:4] == ["Bài mẫu", "Đoạn mẫu", "Cách làm hay", "Hình ảnh và video"]
    assert officer["Kho"][:4] == ["Bài mẫu", "Đoạn mẫu", "Cách làm hay", "Hình ảnh và video"]
    assert "Bộ nội dung" in overseer["Chiến dịch"]


@pytest.mark.django_db
def test_pages_of_a_section_are_those_that_the_role_may_see():
    commune = factories.UnitFactory()
    officer = list_names(factories.person(Role.OFFICER, commune))
    chief = list_names(factories.person(Role.APPROVER, commune))
    overseer = list_names(factories.person(Role.OVERSEER, commune.parent))

    assert officer["Việc được giao"] == [
        *("Bộ nội dung được giao", "Chiến dịch", "Yêu cầu của cấp trên", "Báo cáo"),
    ]
    assert officer["Kho"][-2:] == ["Kênh", "Đối tác"]
    assert chief["Đơn vị"] == ["Kênh", "Ủy quyền", "Nhật ký thao tác", "Đối tác"]
    assert overseer["Đơn vị"] == ["Cần hỗ trợ", "Số liệu", "Trang chính thức", "Yêu cầu"]
    assert overseer["Bài viết"] == ["Bài viết", "Duyệt lần hai", "Lịch đăng"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_each_page_of_the_sidebar_stands_in_one_section(role):
    """Another shows what a section hides from a role."""
    person = factories.person(role, factories.UnitFactory(level=Level.PROVINCE))
    may = granted_permissions(person)

    shown = [e.view for s in navigation.list_sections(may) for e in s.entries]
    open_to_them = [
        e.view for e in navigation.ENTRIES if e.is_for(may) and e.find_part(may) in SIDEBAR
    ]

    assert sorted(shown) == sorted(set(shown)) == sorted(open_to_them)
    assert [e for e in navigation.ENTRIES if e.is_for(may) and not e.find_part(may)] == []


def read_links(html: str, part: str) -> list[tuple[str, bool]]:
    """Return the names of the links in the first element of the page with this beginning, and
    whether each is the current one.
    """
    element = html.split(part, 1)[1].split("</nav>", 1)[0]
    return [
        (" ".join(re.sub("<[^>]+>", " ", body).split()), "aria-current" in tag)
        for tag, body in re.findall(r"<a ([^>]*)>(.*?)</a>", element, re.DOTALL)
    ]


@pytest.mark.django_db
def test_a_page_shows_the_section_and_the_tab_on_which_it_is(client):
    officer = factories.person(Role.OFFICER)
    client.force_login(officer)

    html = client.get(reverse("links:list")).content.decode()

    sections = read_links(html, '<aside class="sidebar"')
    tabs = read_links(html, '<nav class="section-tabs"')
    assert [name for name, current in sections if current] == ["Library"]
    assert [name for name, current in tabs if current] == ["Links and QR codes"]
    assert len(sections) - 2 == 7  # beside the mark and the button
    assert len(tabs) == 8


@pytest.mark.django_db
def test_a_thing_of_a_list_is_in_its_section_without_tabs(client):
    officer = factories.person(Role.OFFICER)
    client.force_login(officer)

    html = client.get(reverse("links:new")).content.decode()

    assert [current for _, current in read_links(html, '<aside class="sidebar"')].count(True) == 1
    assert "section-tabs" not in html
