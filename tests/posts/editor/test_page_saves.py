"""A page whose answer was lost saves again: its own earlier save is no colleague's."""

import uuid

import pytest
from django.urls import reverse

from accounts.permissions import Role
from posts.editor import saving
from posts.models import Post
from tests import factories
from tests.factories import person
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db
PAGE = str(uuid.uuid4())


@pytest.fixture
def send(client, post, officer):
    """Save as a page does that never hears an answer: always from the copy it was loaded with."""
    client.force_login(officer)
    loaded = typed(post)

    def save(title: str, number: object, page: str = PAGE) -> int:
        sent = {**loaded, "title": title, "page": page, "number": number}
        return client.post(address("autosave", post), sent).status_code

    return save


def stored(post: Post) -> tuple[str, int]:
    return Post.objects.values_list("title", "version").get(pk=post.pk)


def test_a_page_saves_on_from_its_own_save_that_it_never_heard_of(post, send):
    assert send("Một", 1) == 200
    assert send("Một hai", 2) == 200
    assert stored(post) == ("Một hai", 3)


def test_the_same_save_that_arrives_twice_changes_nothing(post, send):
    assert send("Một", 1) == 200
    assert send("Một", 1) == 200
    assert stored(post) == ("Một", 2)


def test_a_save_that_a_later_one_overtook_does_not_undo_it(post, send):
    assert send("Một hai", 2) == 200
    assert send("Một", 1) == 409
    assert stored(post) == ("Một hai", 2)


def test_a_colleagues_save_after_it_is_a_conflict(post, send, colleague):
    assert send("Một", 1) == 200
    newer = factories.edit_of(post, title="Của anh Cường", texts={})
    saving.save(post, newer, by=colleague, version=2)
    assert send("Một hai", 2) == 409
    assert stored(post) == ("Của anh Cường", 3)


def test_what_changed_the_draft_besides_is_a_conflict(post, send, officer):
    assert send("Một", 1) == 200
    post.refresh_from_db()
    saving.append(post, "Thêm một dòng.", by=officer)
    assert send("Một hai", 2) == 409


def test_another_page_of_the_same_person_is_a_conflict(post, send):
    assert send("Một", 1) == 200
    assert send("Một hai", 2, page=str(uuid.uuid4())) == 409


@pytest.mark.parametrize("page", ["", "x" * 37, "x" * 30_000])
def test_a_page_that_no_composer_has_saves_as_one_without_a_name(post, send, page):
    assert send("Một", 1, page=page) == 200
    assert send("Một hai", 2, page=page) == 409


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30_000])
def test_a_number_that_is_none_saves_as_the_first(post, send, number):
    assert send("Một", number) == 200
    assert send("Một hai", 1) == 200


def test_each_page_has_a_name_of_its_own(client, post, officer):
    client.force_login(officer)
    pages = {client.get(address("edit", post)).context["page"] for _ in range(2)}
    assert len(pages) == 2


def test_the_first_save_of_a_new_post_may_lose_its_answer(client, unit):
    client.force_login(person(Role.OFFICER, unit))
    page = client.get(reverse("posts:new")).context
    save = reverse("posts:autosave", args=[page["post"].public_id]) + page["query"]
    sent = {"version": page["post"].version, "page": page["page"]}
    assert client.post(save, {**sent, "title": "Một", "number": 1}).status_code == 200
    assert client.post(save, {**sent, "title": "Một hai", "number": 2}).status_code == 200
    assert Post.objects.get().title == "Một hai"
