from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, QuotaExceeded, Refused
from core.secrecy import SecrecyRefused
from links import services
from links.models import Link
from posts.leak_rules.models import AllowedItem
from tests import factories

pytestmark = pytest.mark.django_db
STATE = "https://bocongan.gov.vn/vneid?tab=1#huong-dan"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def leader(unit):
    return factories.person(Role.APPROVER, unit)


def create(unit, by, target=STATE, title="VNeID"):
    return services.create_link(unit=unit, title=title, target=target, by=by)


def test_a_link_has_a_short_code_without_letters_that_look_alike(unit, officer):
    link = create(unit, officer)

    assert len(link.code) == 7
    assert set(link.code) <= set("23456789abcdefghjkmnpqrstuvwxyz")
    assert (link.target, link.created_by, link.is_stopped) == (STATE, officer, False)
    entry = Entry.objects.get(action="link.created")
    assert entry.data["target"] == STATE


@pytest.mark.parametrize(
    "target",
    [
        "http://bocongan.gov.vn/",
        "bocongan.gov.vn",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://bocongan.gov.vn@evil.example/",
        "https://bocongan.gov.vn:8443/",
        "https://bocongan.gov.vn:/x\\@evil.example",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://evil.example/bocongan.gov.vn",
        "https://bocongan.gov.vn.evil.example/",
        "https://xbocongangov.vn/",
        "https://bocongan.gov.vn\\.evil.example/",
        "https://bit.ly/abc",
        "https://bócôngan.vn/",
        "//bocongan.gov.vn/",
        "https://[x",
        "https://bocongan.gov.vn/" + "a" * 1000,
    ],
)
def test_a_target_that_nobody_made_public_is_refused(unit, officer, target):
    with pytest.raises(Refused):
        create(unit, officer, target)
    assert not Link.objects.exists()


@pytest.mark.parametrize(
    "rest",
    [
        "redirect?url=https://evil.example/",
        "redirect?url=https%3A%2F%2Fevil.example%2F",
        "redirect?url=https%253A%252F%252Fevil.example",
        "redirect?url=%25252568ttps%25253A%25252F%25252Fevil.example",
        "redirect?url=HTTP:evil.example",
        "redirect?url=ht%09tps://evil.example",
        "redirect?url=aHR0cHM6Ly9ldmlsLmV4YW1wbGU",
        "redirect?url=//evil.example",
        "redirect?url=%2f%2fevil.example",
        "redirect?url=/%5Cevil.example",
        "redirect?url=%5C%5Cevil.example",
        "redirect?url=evil.example",
        "redirect?url=evil.example:8443/x",
        "redirect?url=evil.example%2Fx",
        "redirect?url=user@evil.example",
        "redirect?evil.example",
        "redirect?a=1;url=evil.example",
        "redirect?url=javascript:alert(1)",
        "redirect?url=203.0.113.9",
        "go/https://evil.example/",
        "go/https:/evil.example/",
        "go/evil.example/x",
        "go/evil.example%2fx",
        "//evil.example",
        "/%2e%2e//evil.example",
        "x#url=https://evil.example",
        "x#/go/evil.example",
        "redirect?url=xn--evil-9na.example",
        "redirect?url=%C3%A9vil.example",
        "redirect?url=evil%E3%80%82example",
    ],
)
def test_a_target_that_hands_people_on_to_another_site_is_refused(unit, officer, rest):
    with pytest.raises(Refused, match="itself"):
        create(unit, officer, f"https://dichvucong.gov.vn/{rest}")


@pytest.mark.parametrize(
    "rest", ["?url=evil.example", "#evil.example", "?url=https://evil.example"]
)
def test_a_target_without_a_path_that_hands_people_on_is_refused(unit, officer, rest):
    with pytest.raises(Refused, match="itself"):
        create(unit, officer, f"https://dichvucong.gov.vn{rest}")


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "p/home/dvc-chi-tiet-thu-tuc.html?ma_thu_tuc=1.004222.000.00.00.H17",
        "bo-cong-an/tiep-nhan-online/chi-tiet-thu-tuc/tham-quyen/5523?tinh=79&huyen=H29.10",
        "van-ban/quyet-dinh-12.2026.pdf",
        "web/guest/home?p_p_id=101_INSTANCE_aB.c&p_p_lifecycle=0",
        "tin-tuc/cong-an-q.1/bai-viet.aspx?d=30.11.2026#muc-2.1",
        "dang-nhap?returnUrl=/ho-so/cua-toi",
        "tim-kiem?q=l%E1%BB%87+ph%C3%AD%3A+bao+nhi%C3%AAu",
        "x?tu=07:30&den=11:30",
    ],
)
def test_a_page_of_the_state_with_dots_and_queries_is_taken(unit, officer, rest):
    assert create(unit, officer, f"https://dichvucong.gov.vn/{rest}").target.endswith(rest)


def test_a_path_that_climbs_off_the_units_own_page_is_refused(unit, officer):
    factories.ChannelFactory(unit=unit, address="https://facebook.com/congan.haichau")
    for way in ("..", "%2e%2e", ".%2E", "%252e%252e"):
        with pytest.raises(Refused):
            create(unit, officer, f"https://facebook.com/congan.haichau/{way}/nguoi.la")


def test_a_target_with_accents_is_stored_in_ascii(unit, officer):
    link = create(unit, officer, " https://bocongan.gov.vn/tạm-trú ")
    assert link.target == "https://bocongan.gov.vn/t%E1%BA%A1m-tr%C3%BA"


def test_a_link_leads_to_the_units_own_page_and_to_what_stands_on_it(unit, officer):
    factories.ChannelFactory(unit=unit, address="https://facebook.com/congan.haichau")
    factories.ChannelFactory(address="https://facebook.com/congan.khac")

    create(unit, officer, "https://facebook.com/congan.haichau")
    create(unit, officer, "https://facebook.com/congan.haichau/posts/1")
    for other in ("congan.haichau.gia", "congan.khac", "nguoi.la"):
        with pytest.raises(Refused, match=r"facebook\.com"):
            create(unit, officer, f"https://facebook.com/{other}")


def test_a_host_is_permitted_once_a_second_person_confirmed_it(unit, officer):
    item = factories.allowed_item(
        unit,
        kind=AllowedItem.Kind.HOST,
        value="truonghoc.edu.vn",
        confirmed_at=None,
        confirmed_by=None,
    )
    with pytest.raises(Refused, match=r"truonghoc\.edu\.vn"):
        create(unit, officer, "https://www.truonghoc.edu.vn/")

    item.confirmed_at, item.confirmed_by = item.entered_at, factories.UserFactory()
    item.save()
    create(unit, officer, "https://www.truonghoc.edu.vn/")
    with pytest.raises(Refused):
        create(factories.UnitFactory(), factories.person(), "https://www.truonghoc.edu.vn/")


def test_only_the_leader_changes_where_a_link_leads(unit, officer, leader):
    link = create(unit, officer)
    new = "https://chinhphu.vn/moi"
    with pytest.raises(NotAllowed):
        services.change_target(link, new, version=1, by=officer)

    changed = services.change_target(link, new, version=1, by=leader)

    assert (changed.target, changed.version) == (new, 2)
    assert Entry.objects.get(action="link.target_changed").data["before"] == STATE
    with pytest.raises(Refused):
        services.change_target(link, "https://evil.example/", version=2, by=leader)


def test_of_two_who_change_it_at_once_the_second_is_told(unit, officer, leader):
    link = create(unit, officer)
    services.stop_link(link, "repair", version=1, by=officer)
    with pytest.raises(Refused, match="meanwhile"):
        services.change_target(link, STATE, version=1, by=leader)


def test_a_stopped_link_says_why_and_is_opened_again_by_the_leader(unit, officer, leader):
    link = create(unit, officer)
    stopped = services.stop_link(link, "repair", version=1, by=officer)
    assert (stopped.is_stopped, "being repaired" in stopped.stop_text) == (True, True)
    with pytest.raises(Refused):
        services.stop_link(link, "over", version=2, by=officer)
    with pytest.raises(NotAllowed):
        services.resume_link(link, version=2, by=officer)

    opened = services.resume_link(link, version=2, by=leader)

    assert (opened.is_stopped, opened.stop_text) == (False, "")


def test_words_of_its_own_are_given_to_a_stopped_link_by_the_leader_alone(unit, officer, leader):
    link = create(unit, officer)
    with pytest.raises(NotAllowed):
        services.stop_link(link, "own", own_text="Gặp anh Tuấn áo xanh", version=1, by=officer)
    with pytest.raises(Refused):
        services.stop_link(link, "own", own_text="  ", version=1, by=leader)
    with pytest.raises(SecrecyRefused):
        services.stop_link(link, "own", own_text="TỐI MẬT", version=1, by=leader)

    stopped = services.stop_link(link, "own", own_text="Trang đang sửa", version=1, by=leader)

    assert stopped.stop_text == "Trang đang sửa"


def test_a_new_leader_gives_no_words_to_a_stopped_link_on_the_first_day(unit, officer, leader):
    link = create(unit, officer)
    tomorrow = timezone.now() + timedelta(hours=23)
    leader.appointments.update(approves_from=tomorrow)

    with pytest.raises(NotAllowed):
        services.stop_link(link, "own", own_text="Trang đang sửa", version=1, by=leader)


def test_a_choice_leaves_words_that_were_typed_beside_it_unseen(unit, officer):
    link = create(unit, officer)
    services.stop_link(link, "over", own_text="Gặp anh Tuấn áo xanh", version=1, by=officer)
    link.refresh_from_db()
    assert link.stop_reason == ""


def test_the_units_other_leaders_read_of_what_residents_see_at_once(unit, officer, leader):
    second = factories.person(Role.APPROVER, unit)
    factories.person(Role.APPROVER)
    link = create(unit, officer)

    services.stop_link(link, "unsafe", version=1, by=officer)
    services.resume_link(link, version=2, by=leader)
    services.change_target(link, "https://chinhphu.vn/", version=3, by=leader)

    told = set(Notice.objects.values_list("user", "kind"))
    assert told == {
        (leader.pk, "link_stopped"),
        *((second.pk, kind) for kind in ("link_stopped", "link_resumed", "link_target_changed")),
    }


def test_a_link_whose_target_is_no_longer_public_is_not_opened_again(unit, officer, leader):
    channel = factories.ChannelFactory(unit=unit, address="https://facebook.com/cu")
    link = create(unit, officer, "https://facebook.com/cu")
    services.stop_link(link, "moved", version=1, by=officer)
    channel.address = "https://facebook.com/moi"
    channel.save()
    with pytest.raises(Refused):
        services.resume_link(link, version=2, by=leader)


def test_a_unit_and_a_person_make_so_many_and_no_more(unit, officer, settings, monkeypatch):
    settings.QUOTAS = settings.QUOTAS | {"link": [(1, 3600)]}
    create(unit, officer)
    with pytest.raises(QuotaExceeded):
        create(unit, officer)
    monkeypatch.setattr(services, "MOST_LINKS", 1)
    with pytest.raises(Refused, match="no more fit"):
        create(unit, factories.person(Role.OFFICER, unit))


def test_another_unit_makes_none_here(unit):
    with pytest.raises(NotAllowed):
        create(unit, factories.person(Role.OFFICER))
