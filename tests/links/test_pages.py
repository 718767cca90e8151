import io

import pytest
import zxingcpp
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.permissions import Role
from links import clicks
from links.models import Link
from links.queries import get_short_address
from media.models import Logo
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(client, unit):
    user = factories.person(Role.OFFICER, unit, language="en")
    client.force_login(user)
    return user


@pytest.fixture
def leader(client, unit):
    user = factories.person(Role.APPROVER, unit, language="en")
    client.force_login(user)
    return user


def page(client, link):
    return client.get(reverse("links:link", args=[link.public_id]))


def act(client, name, link, **fields):
    address = reverse(f"links:{name}", args=[link.public_id])
    return client.post(address, {"version": link.version, **fields})


def test_an_officer_makes_a_link_and_sees_its_address(client, officer, unit):
    answer = client.post(
        reverse("links:new"),
        {"title": "Đăng ký xe", "target": "https://dichvucong.bocongan.gov.vn/xe"},
        follow=True,
    )
    link = Link.objects.get()
    assert answer.redirect_chain[-1][0] == reverse("links:link", args=[link.public_id])
    assert get_short_address(link) in answer.content.decode()


def test_what_is_refused_stays_in_the_form(client, officer):
    typed = {"title": "Đăng ký xe", "target": "https://evil.example/xe"}
    answer = client.post(reverse("links:new"), typed)
    assert answer.status_code == 409
    assert [answer.context["form"][name].value() for name in typed] == list(typed.values())


def test_the_list_finds_without_accents_and_by_state(client, officer, unit):
    first = factories.link(unit, title="Đăng ký tạm trú")
    second = factories.link(unit, title="VNeID", stopped_at=timezone.now())
    factories.link(factories.UnitFactory(), title="Đăng ký tạm trú nơi khác")
    clicks.add_clicks([(first.pk, timezone.localdate(), 12)])

    def found(**asked):
        return [row for row, *_rest in client.get(reverse("links:list"), asked).context["rows"]]

    assert found() == [second, first]
    assert found(q="dang ky") == [first]
    assert found(state="stopped") == [second]
    rows = client.get(reverse("links:list")).context["rows"]
    assert [counted.week for _row, _address, counted in rows] == [0, 12]


def test_the_list_costs_the_same_with_many_links(
    client, officer, unit, django_assert_num_queries, django_assert_max_num_queries
):
    factories.link(unit)
    client.get(reverse("links:list"))
    with django_assert_max_num_queries(12) as few:
        client.get(reverse("links:list"))
    for _number in range(5):
        factories.link(unit)
    with django_assert_num_queries(len(few)):
        client.get(reverse("links:list"))


def test_the_page_shows_each_day_and_offers_what_the_person_may(client, leader, unit):
    link = factories.link(unit)
    clicks.add_clicks([(link.pk, timezone.localdate(), 7)])

    answer = page(client, link)

    assert list(answer.context["by_day"].values()) == [0] * 29 + [7]
    words = answer.content.decode()
    assert "Change where it leads" in words
    assert "Stop the link" in words
    assert answer.context["qr"] in words


def test_the_leader_changes_stops_and_opens_a_link(client, leader, unit):
    link = factories.link(unit)
    assert act(client, "change_target", link, target="https://chinhphu.vn/").status_code == 302
    link.refresh_from_db()
    answer = act(client, "stop", link, kind="own", own_text="Trang đang sửa")
    assert answer.status_code == 302
    link.refresh_from_db()
    assert "Trang đang sửa" in page(client, link).content.decode()
    act(client, "resume", link)
    link.refresh_from_db()
    assert (link.target, link.is_stopped) == ("https://chinhphu.vn/", False)


def test_a_refused_change_keeps_what_was_typed(client, leader, unit):
    link = factories.link(unit)
    answer = act(client, "change_target", link, target="https://evil.example/")
    assert answer.status_code == 409
    assert answer.context["target_form"]["target"].value() == "https://evil.example/"
    answer = act(client, "stop", link, kind="own", own_text=" ")
    assert answer.status_code == 409
    assert act(client, "stop", link, kind="", own_text="Trang đang sửa").status_code == 422


def test_an_officers_words_never_stand_on_the_page_of_a_stopped_link(client, officer, unit):
    link = factories.link(unit)
    words = "Trước khi làm thủ tục nay thu lệ phí, gặp anh Tuấn áo xanh"

    answer = act(client, "stop", link, kind="own", own_text=words, reason=words)

    link.refresh_from_db()
    assert (answer.status_code, link.is_stopped) == (422, False)
    assert words not in Client().get(reverse("links:follow", args=[link.code])).text
    act(client, "stop", link, kind="unsafe", own_text=words, reason=words)
    shown = Client().get(reverse("links:follow", args=[link.code]))
    assert (shown.status_code, words in shown.text) == (410, False)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("stop", {"kind": "own", "own_text": "Trang đang sửa"}),
        ("change_target", {"target": "https://chinhphu.vn/"}),
    ],
)
def test_what_a_leader_lets_residents_read_or_reach_asks_for_a_proof(
    client, leader, unit, proof_is_old, name, fields
):
    link = factories.link(unit)
    proof_is_old(client)

    answer = act(client, name, link, **fields)

    assert "reauthenticate" in answer["Location"]
    link.refresh_from_db()
    assert (link.is_stopped, link.version) == (False, 1)


def test_a_link_is_stopped_for_a_listed_reason_without_a_further_proof(
    client, officer, unit, proof_is_old
):
    link = factories.link(unit)
    proof_is_old(client)
    act(client, "stop", link, kind="unsafe")
    link.refresh_from_db()
    assert link.is_stopped


def test_the_code_for_print_reads_with_a_logo_on_it(client, officer, unit):
    link = factories.link(unit)
    address = reverse("links:qr_code", args=[link.public_id])
    plain = client.get(address)
    Logo.objects.create(unit=unit, media=factories.media(unit), changed_at=timezone.now())
    with_logo = client.get(address)

    for answer in (plain, with_logo):
        assert "attachment" in answer["Content-Disposition"]
        picture = Image.open(io.BytesIO(answer.content))
        assert min(picture.size) >= 1000
        assert [code.text for code in zxingcpp.read_barcodes(picture)] == [get_short_address(link)]
    assert plain.content != with_logo.content


def test_another_units_link_is_not_found(client, officer):
    link = factories.link(factories.UnitFactory())
    assert page(client, link).status_code == 404
    assert act(client, "stop", link, kind="over").status_code == 404
