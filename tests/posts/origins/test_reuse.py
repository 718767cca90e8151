"""The page on which a post begins as a copy of an approved one."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from posts.models import Post
from tests import factories
from tests.factories import UnitFactory, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture(autouse=True)
def officer(client, unit):
    officer = person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


def titles(response) -> list[str]:
    return [post.title for post in response.context["posts"]]


def test_it_offers_the_units_approved_posts_and_finds_them_without_accents(client, unit):
    factories.approved(unit=unit, title="Cảnh giác lừa đảo", search="canh giac lua dao")
    factories.approved(unit=unit, title="Đội mũ bảo hiểm", search="doi mu bao hiem")
    factories.PostFactory(unit=unit, title="Bản nháp", search="canh giac")
    factories.approved(title="Của đơn vị khác", search="canh giac")

    assert titles(client.get(reverse("posts:reuse"))) == ["Đội mũ bảo hiểm", "Cảnh giác lừa đảo"]
    assert titles(client.get(reverse("posts:reuse"), {"q": "Lua DAO"})) == ["Cảnh giác lừa đảo"]


def test_its_button_makes_the_copy(client, unit, officer):
    post = factories.approved(unit=unit)
    page = client.get(reverse("posts:reuse")).content.decode()
    duplicate = reverse("posts:duplicate", args=[post.public_id])
    assert f'action="{duplicate}"' in page

    client.post(duplicate)

    copy = Post.objects.get(duplicate_of=post)
    assert (copy.title, copy.author) == (post.title, officer)


def test_it_is_there_for_units_where_one_writes(client, unit):
    assert client.get(reverse("posts:reuse"), {"unit": unit.key}).status_code == 200
    assert client.get(reverse("posts:reuse"), {"unit": UnitFactory().key}).status_code == 404
    client.force_login(person(Role.SUPERVISOR, unit))
    assert client.get(reverse("posts:reuse")).status_code == 403


def test_a_page_holds_twenty_and_leads_to_the_next(client, unit):
    for _ in range(21):
        factories.approved(unit=unit, title="Cảnh giác lừa đảo", search="canh giac lua dao")

    first = client.get(reverse("posts:reuse"), {"q": "lua dao"})
    assert (len(titles(first)), "?q=lua+dao&amp;page=2" in first.content.decode()) == (20, True)
    assert len(titles(client.get(reverse("posts:reuse"), {"page": 2}))) == 1
