"""Pieces of the library that are put into a text while one writes."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from posts.canonical.html import to_plain_text
from posts.findings import find_findings
from posts.library.models import TemplateKind
from posts.models import Post
from tests import factories
from units.models import UnitFacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit, client):
    person = factories.person(Role.OFFICER, unit, language="en")
    client.force_login(person)
    return person


@pytest.fixture
def post(unit, officer):
    return factories.PostFactory(unit=unit, author=officer)


def address(post):
    return reverse("posts:insert_snippet", args=[post.public_id])


def sheet(client, post, words=""):
    answer = client.get(address(post), {"q": words}, headers={"HX-Request": "true"})
    return answer.content.decode()


def test_the_sheet_offers_the_pieces_of_the_unit_and_those_above_filled(client, unit, post):
    UnitFacts.objects.create(unit=unit, duty_phone="02363822300", changed_at=timezone.now())
    factories.snippet(unit, title="Chữ ký phường", text="{don_vi}, gọi {duong_day_nong}")
    factories.snippet(unit.parent, title="Thẻ của tỉnh", text="#canhgiac")
    factories.snippet(factories.UnitFactory(), title="Của đơn vị khác")

    shown = sheet(client, post)
    assert f"{unit.name}, gọi 0236.3822.300" in shown
    assert "Thẻ của tỉnh" in shown
    assert "Của đơn vị khác" not in shown
    assert "<html" not in shown


def test_pieces_of_other_topics_are_found_by_search_alone(client, unit, post):
    other = factories.Topic.objects.exclude(pk=post.topic_id).first()
    factories.snippet(unit, title="Chữ ký giao thông", search="giao thong", topic=other)
    assert "Chữ ký giao thông" not in sheet(client, post)
    assert "Chữ ký giao thông" in sheet(client, post, "giao thong")


def test_without_scripts_a_piece_goes_to_the_end_and_its_placeholder_blocks(client, unit, post):
    piece = factories.snippet(unit, kind=TemplateKind.PARAGRAPH, text="Trụ sở: {dia_chi}\n\nHết")
    page = client.get(address(post)).content.decode()
    assert f'value="{piece.public_id}"' in page

    client.post(address(post), {"snippet": piece.public_id})
    post.refresh_from_db()
    assert to_plain_text(post.body).endswith("gọi 113.\n\nTrụ sở: {dia_chi}\n\nHết")
    assert [found.rule for found in find_findings(post)] == ["placeholder_open"]


def test_the_button_without_scripts_saves_first(client, post):
    form = {"version": post.version, "title": "Mới", "body": "Chữ", "act": "snippets"}
    answer = client.post(reverse("posts:edit", args=[post.public_id]), form)
    assert answer.url == address(post)
    post.refresh_from_db()
    assert post.title == "Mới"


@pytest.mark.parametrize("key", ["", "x", "foreign", "archived"])
def test_a_piece_that_the_unit_may_not_use_is_not_found(client, unit, post, key):
    if key == "foreign":
        key = factories.snippet(factories.UnitFactory()).public_id
    if key == "archived":
        piece = factories.snippet(unit)
        type(piece).objects.update(archived_at=piece.changed_at)
        key = piece.public_id
    assert client.post(address(post), {"snippet": key}).status_code == 404
    assert Post.objects.get().version == post.version


def test_a_post_that_is_in_review_takes_no_piece(client, unit, officer):
    post = factories.submitted(factories.PostFactory(unit=unit, author=officer))
    piece = factories.snippet(unit)
    client.post(address(post), {"snippet": piece.public_id})
    assert Post.objects.get(pk=post.pk).body == post.body
