"""An urgent post: a mark in the composer, part of what is approved."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from posts.canonical import content
from posts.editor import saving
from posts.history import diff
from posts.origins import starting
from tests import factories

pytestmark = pytest.mark.django_db


def save(post, **fields):
    return saving.save(
        post, factories.edit_of(post, texts={}, **fields), by=post.author, version=post.version
    )


def test_only_an_urgent_post_says_so_in_its_content_and_so_in_its_hash():
    post = factories.PostFactory()
    plain = content.compose(post)
    assert "urgent" not in plain  # as it was hashed before there were urgent posts

    urgent = content.compose(save(post, urgent=True))
    assert urgent == {**plain, "urgent": True, "channels": []}
    assert content.digest({**plain, "urgent": True}) != content.digest(plain)


def test_the_mark_is_set_and_taken_away_and_is_a_change_like_any_other():
    post = save(factories.PostFactory(), urgent=True)
    assert (post.urgent, post.version) == (True, 2)
    assert save(post).urgent
    assert save(post, urgent=True).version == 2
    post = save(post, urgent=False)
    assert (post.urgent, post.version) == (False, 3)


def test_the_composer_offers_it_off_and_keeps_it(client):
    post = factories.PostFactory(urgent=True)
    client.force_login(post.author)
    assert (
        client.get(reverse("posts:edit", args=[post.public_id])).context["form"]["urgent"].value()
        is True
    )
    form = {
        "version": post.version,
        "title": post.title,
        "body": post.body,
        "body-is-html": "1",
        "act": "save",
    }
    client.post(reverse("posts:edit", args=[post.public_id]), form)
    post.refresh_from_db()
    assert not post.urgent
    client.post(
        reverse("posts:edit", args=[post.public_id]),
        {**form, "version": post.version, "urgent": "on"},
    )
    post.refresh_from_db()
    assert post.urgent


def test_the_approver_sees_it_on_the_review_and_in_the_differences(client):
    post = factories.approved(urgent=True)
    before = post.approved_revision.content
    assert [
        c.label
        for c in diff.list_changes({k: v for k, v in before.items() if k != "urgent"}, before)
    ] == ["Urgency"]

    submitted = factories.submitted(unit=post.unit, urgent=True)
    plain = factories.submitted(unit=post.unit)
    client.force_login(factories.person(Role.APPROVER, post.unit))

    def badges(name, of):
        html = client.get(reverse(name, args=[of.public_id])).content.decode()
        return html.count("Urgent</span>")

    assert [badges("publishing:review", of) for of in (submitted, plain)] == [1, 0]
    assert badges("publishing:post", post) == 1
    queue = client.get(reverse("publishing:review_queue")).content.decode()
    assert queue.count("Urgent</span>") == 1


def test_a_copy_is_not_urgent():
    post = factories.approved(urgent=True)
    assert not starting.duplicate(post, by=post.author).urgent
