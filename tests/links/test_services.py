import pytest

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
    services.stop_link(link, "Trang đang sửa", version=1, by=officer)
    with pytest.raises(Refused, match="meanwhile"):
        services.change_target(link, STATE, version=1, by=leader)


def test_a_stopped_link_says_why_and_is_opened_again_by_the_leader(unit, officer, leader):
    link = create(unit, officer)
    with pytest.raises(Refused):
        services.stop_link(link, "  ", version=1, by=officer)
    with pytest.raises(SecrecyRefused):
        services.stop_link(link, "TỐI MẬT", version=1, by=officer)
    stopped = services.stop_link(link, "Trang đang sửa", version=1, by=officer)
    assert (stopped.is_stopped, stopped.stop_reason) == (True, "Trang đang sửa")
    with pytest.raises(Refused):
        services.stop_link(link, "Lần nữa", version=2, by=officer)
    with pytest.raises(NotAllowed):
        services.resume_link(link, version=2, by=officer)

    opened = services.resume_link(link, version=2, by=leader)

    assert (opened.is_stopped, opened.stop_reason) == (False, "")


def test_a_link_whose_target_is_no_longer_public_is_not_opened_again(unit, officer, leader):
    channel = factories.ChannelFactory(unit=unit, address="https://facebook.com/cu")
    link = create(unit, officer, "https://facebook.com/cu")
    services.stop_link(link, "Đổi trang", version=1, by=officer)
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
