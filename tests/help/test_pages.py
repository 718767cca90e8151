"""The pages of the help, the panel's part of them, and what is printed."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from accounts.permissions import Role
from core.search import find_matches, fold_typed_words
from help.guides import list_guides, read_guides
from tests import factories
from units.models import Level

pytestmark = pytest.mark.django_db
PANEL = {"HX-Request": "true"}


@pytest.fixture
def officer(client):
    person = factories.person(Role.OFFICER)
    client.force_login(person)
    return person


def test_a_person_finds_the_guides_for_their_work_and_those_of_others(client, officer):
    page = client.get(reverse("help:index")).content.decode()
    of_chiefs = client.get(reverse("help:index"), {"for": "chief"}).content.decode()

    for html, readers in ((page, ["officer"]), (of_chiefs, ["chief"])):
        for guide in read_guides().values():
            link = f'href="{reverse("help:guide", args=[guide.slug])}"'
            assert (link in html) == (not {*readers}.isdisjoint(guide.readers)), guide.slug


def test_guides_are_searched_without_accents(client, officer):
    html = client.get(reverse("help:index"), {"q": "ap phich"}).content.decode()
    nothing = client.get(reverse("help:index"), {"q": "xyzzy"}).content.decode()

    assert reverse("help:guide", args=["ap-phich-loa-zalo"]) in html
    assert reverse("help:guide", args=["dung-lai-bai-cu"]) not in html
    assert "No guide matches" in nothing


def test_the_panel_gets_the_guide_of_its_page_alone(client, officer):
    address = reverse("help:page")

    part = client.get(address, {"view": "posts:import"}, headers=PANEL).content.decode()

    assert "<html" not in part
    assert "Nhập bài từ Excel" in part


def test_without_scripts_the_guide_is_a_page(client, officer):
    address = reverse("help:page")

    answer = client.get(address, {"view": "posts:import"})

    assert answer["Location"] == reverse("help:guide", args=["nhap-tu-excel"])
    assert "<h1" in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("view", ["", "no:such", "x" * 5000, "help:index"])
def test_a_page_without_a_guide_gets_the_list(client, officer, view):
    assert client.get(reverse("help:page"), {"view": view})["Location"] == reverse("help:index")
    part = client.get(reverse("help:page"), {"view": view}, headers=PANEL).content.decode()
    assert reverse("help:guide", args=["bai-dau-tien"]) in part


def test_each_page_links_to_its_guide(client, officer):
    html = client.get(reverse("posts:import")).content.decode()

    assert f'href="{reverse("help:page")}?view=posts:import" data-open="help"' in " ".join(
        html.split()
    )
    assert html.count("Help on this page") == 2  # once in the menu of each width


def test_guides_that_do_not_exist(client, officer):
    for address in (
        reverse("help:guide", args=["khong-co"]),
        reverse("help:handbook", args=["mayor"]),
        reverse("help:handbook_pdf", args=["mayor"]),
    ):
        assert client.get(address).status_code == 404


def test_the_search_finds_guides_for_the_persons_work(officer):
    groups = find_matches(officer, fold_typed_words("nhập excel"))

    addresses = [match.address for group in groups for match in group.matches]
    assert reverse("help:guide", args=["nhap-tu-excel"]) in addresses
    groups = find_matches(factories.person(Role.ADMINISTRATOR), fold_typed_words("nhập bài excel"))
    addresses = [match.address for group in groups for match in group.matches]
    assert reverse("help:guide", args=["nhap-tu-excel"]) not in addresses


def test_a_handbook_has_every_guide_of_its_readers_on_one_page(client, officer):
    html = client.get(reverse("help:handbook", args=["chief"])).content.decode()

    assert all(f'<h2 id="{guide.slug}">' in html for guide in list_guides(["chief"]))


def read_pages(response) -> list[str]:
    reader = PdfReader(io.BytesIO(b"".join(response)))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def test_a_handbook_on_paper_has_every_guide_of_its_readers(client, officer):
    pages = read_pages(client.get(reverse("help:handbook_pdf", args=["administrator"])))

    text = " ".join(pages[2:])
    assert all(guide.title in text for guide in list_guides(["administrator"]))
    assert all(guide.title not in text for guide in list_guides(["officer"])[:3])


def test_the_sheet_beside_the_computer_is_one_page_with_all_steps(client, officer):
    (page,) = read_pages(client.get(reverse("help:first_post_sheet")))

    steps = [b for b in read_guides()["bai-dau-tien"].blocks if b.kind == "step"]
    assert len(steps) >= 4
    for step in steps:
        assert " ".join("".join(span.text for span in step.spans).split())[:40] in page


def test_what_is_printed_is_counted(client, officer, settings):
    settings.QUOTAS = settings.QUOTAS | {"export": [(1, 3600)]}

    assert client.get(reverse("help:first_post_sheet")).status_code == 200
    assert client.get(reverse("help:first_post_sheet")).status_code == 429


def test_a_guide_says_that_its_page_is_for_others(client):
    """Without the words people looked for the page in a menu that does not have it."""
    guide = reverse("help:guide", args=["don-vi-can-ho-tro"])
    province = factories.UnitFactory(level=Level.PROVINCE)
    words = "Your account does not have the page"

    client.force_login(factories.person(Role.OFFICER, province))
    assert words in client.get(guide).text
    assert words in client.get(guide, headers=PANEL).text

    client.force_login(factories.person(Role.SUPERVISOR, province))
    assert words not in client.get(guide).text


def test_a_guide_to_pages_that_stand_in_no_menu_is_for_everybody(client, officer):
    words = "Your account does not have the page"

    shown = [
        client.get(reverse("help:guide", args=[guide.slug])).text
        for guide in list_guides(["officer"])
    ]

    assert len(shown) > 20
    assert [page for page in shown if words in page] == []
