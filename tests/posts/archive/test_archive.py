"""A draft that was put away comes back for a while."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from posts.archive import archiving
from posts.models import UNARCHIVED_WITHIN, Post
from posts.review import decisions
from posts.states import PostState
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def post():
    return factories.PostFactory()


def archived(post):
    archiving.archive(post, by=post.author)
    return Post.objects.get(pk=post.pk)


def test_a_draft_put_away_by_mistake_comes_back_by_one_tap(client, post):
    client.force_login(post.author)
    response = client.post(reverse("posts:archive", args=[post.public_id]), follow=True)
    take_back = reverse("posts:unarchive", args=[post.public_id])
    assert take_back in response.content.decode()
    assert (
        take_back in client.get(reverse("publishing:post", args=[post.public_id])).content.decode()
    )

    response = client.post(take_back)

    post.refresh_from_db()
    assert (post.state, post.archived_at) == (PostState.DRAFT, None)
    assert response["Location"] == reverse("posts:edit", args=[post.public_id])
    assert Entry.objects.filter(action="post.unarchived").count() == 1


def test_after_its_time_an_archived_draft_stays_where_it_is(client, post):
    post = archived(post)
    Post.objects.filter(pk=post.pk).update(
        archived_at=timezone.now() - UNARCHIVED_WITHIN - timedelta(minutes=1)
    )
    post.refresh_from_db()
    client.force_login(post.author)

    page = client.get(reverse("posts:edit", args=[post.public_id])).content.decode()
    with pytest.raises(Refused):
        archiving.unarchive(post, by=post.author)

    assert reverse("posts:unarchive", args=[post.public_id]) in page  # the form, and no button
    assert 'form="unarchive"' not in page


def test_nobody_of_another_unit_takes_it_back(post):
    with pytest.raises(NotAllowed):
        archiving.unarchive(archived(post), by=factories.person(Role.OFFICER))


def test_an_archived_post_is_not_reopened_by_another_way(post):
    post = archived(post)

    with pytest.raises(Refused):
        decisions.reopen(post, by=post.author)


def test_what_is_no_archived_draft_is_not_taken_back(post):
    with pytest.raises(Refused):
        archiving.unarchive(post, by=post.author)


# --- The button of the message --------------------------------------------------------------------


def undo_forms(page: str) -> list[str]:
    toasts = page[page.index('id="toasts"') :]
    return re.findall(r'<form method="post" action="([^"]+)">', toasts[: toasts.index("<template")])


def test_the_message_of_a_draft_put_away_takes_it_back(client, post):
    client.force_login(post.author)
    page = client.post(reverse("posts:archive", args=[post.public_id]), follow=True)
    (undo,) = undo_forms(page.content.decode())

    client.post(undo)

    post.refresh_from_db()
    assert post.state == PostState.DRAFT
    assert undo_forms(client.get(reverse("publishing:post_list")).content.decode()) == []


def put_away(client, *posts):
    chosen = {"post": [str(post.public_id) for post in posts]}
    return client.post(reverse("posts:archive_many"), chosen, follow=True)


def states() -> dict[str, str]:
    return dict(Post.objects.values_list("title", "state"))


def test_the_message_of_many_takes_all_of_them_back_and_no_others(client, post):
    factories.PostFactory(unit=post.unit, author=post.author, title="Cất từ trước")
    client.force_login(post.author)
    put_away(client, Post.objects.get(title="Cất từ trước"))
    chosen = [factories.PostFactory(unit=post.unit, title=title) for title in ("Một", "Hai")]
    page = put_away(client, *chosen).content.decode()
    (undo,) = undo_forms(page)

    answer = client.post(undo, follow=True).content.decode()

    assert states() == {
        post.title: "draft",
        "Cất từ trước": "archived",
        "Một": "draft",
        "Hai": "draft",
    }
    assert "2 drafts are back." in answer
    assert "drafts are back." not in client.post(undo, follow=True).content.decode()


def test_what_cannot_come_back_is_counted_and_the_others_come(client, post):
    other = factories.PostFactory(unit=post.unit, title="Một")
    client.force_login(post.author)
    put_away(client, post, other)
    Post.objects.filter(pk=other.pk).update(
        archived_at=timezone.now() - UNARCHIVED_WITHIN - timedelta(minutes=1)
    )

    answer = client.post(reverse("posts:unarchive_many"), follow=True).content.decode()

    assert states() == {post.title: "draft", "Một": "archived"}
    assert "1 draft is back." in answer
    assert "1 draft is not back" in answer


def test_undo_takes_nothing_back_in_another_session(client, post):
    client.force_login(post.author)
    put_away(client, post)
    client.logout()
    client.force_login(factories.person(Role.OFFICER, post.unit))

    client.post(reverse("posts:unarchive_many"))

    assert states() == {post.title: "archived"}
