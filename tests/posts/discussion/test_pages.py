"""The discussion on its own page, on the review's, the post's and the composer's."""

import re

import pytest
from django.urls import reverse

from accounts.permissions import Role
from posts.discussion import discussing
from posts.discussion.discussing import Remark
from posts.models import Comment, Post, Thread
from posts.review import decisions
from tests import factories
from tests.pages import one_line

pytestmark = pytest.mark.django_db


def page(post):
    return reverse("posts:discussion", args=[post.public_id])


def begin(post, by, **remark):
    return discussing.begin(post, post.current_revision, Remark(**{"text": "Lời", **remark}), by=by)


def act(client, name, row, **data):
    return client.post(reverse(f"posts:{name}", args=[row.public_id]), data)


def test_a_comment_is_sent_from_the_review_and_leads_back_to_it(client, post, leader):
    client.force_login(leader)

    response = client.post(
        page(post), {"text": "Thiếu số", "quote": "chuyển tiền", "before": "", "at": "review"}
    )

    thread = Thread.objects.get()
    review = reverse("publishing:review", args=[post.public_id])
    assert response["Location"] == f"{review}#thread-{thread.public_id}"
    html = one_line(client.get(review).content.decode())
    assert "Thiếu số" in html
    assert re.search(r"data-quote [^>]*>chuyển tiền</blockquote>", html)


def test_htmx_gets_the_discussion_alone_and_a_wrong_field_with_what_was_typed(client, post, leader):
    client.force_login(leader)
    htmx = {"HX-Request": "true"}

    wrong = client.post(page(post), {"text": "Lời", "quote": "không có"}, headers=htmx)
    right = client.post(page(post), {"text": "Lời"}, headers=htmx)

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert ">Lời</textarea>" in one_line(wrong.content.decode()).replace("> Lời", ">Lời")
    for answer in (wrong, right):
        assert answer.content.decode().count("<html") == 0


def test_a_refused_comment_keeps_what_was_typed_without_scripts(client, post, leader):
    client.force_login(leader)

    response = client.post(page(post), {"text": "Lời dài", "quote": "không có"})

    assert response.status_code == 409
    assert "Lời dài" in response.content.decode()


def test_words_that_are_gone_are_said_to_be_so_and_their_proposal_cannot_be_taken(
    client, post, officer, leader
):
    begin(post, leader, quote="không yêu cầu", proposal="không đòi")
    decisions.request_changes(post, post.current_revision, by=leader, reason="Sửa")
    client.force_login(officer)
    before = client.get(page(post)).content.decode()
    Post.objects.filter(pk=post.pk).update(body="<p>Khác.</p>")
    after = client.get(page(post)).content.decode()

    words = '<span class="text-tone-yellow">'
    assert (words in before, words in after) == (False, True)
    take = reverse("posts:take", args=[Comment.objects.get().public_id])
    assert (take in before, take in after) == (True, False)


def test_one_tap_takes_the_words_and_leads_back_to_the_composer(client, post, officer, leader):
    thread = begin(post, leader, quote="không yêu cầu", proposal="không đòi")
    decisions.request_changes(post, post.current_revision, by=leader, reason="Sửa")
    client.force_login(officer)

    response = act(client, "take", thread.comments.get(), at="edit")

    edit = reverse("posts:edit", args=[post.public_id])
    assert response["Location"] == f"{edit}#thread-{thread.public_id}"
    assert "không đòi" in Post.objects.get(pk=post.pk).body


def test_an_answer_a_resolution_and_its_end(client, post, officer, leader):
    thread = begin(post, leader)
    client.force_login(officer)

    act(client, "resolve", thread)
    thread.refresh_from_db()
    assert thread.resolved_by == officer
    act(client, "reopen_thread", thread)
    thread.refresh_from_db()
    assert thread.resolved_by is None
    act(client, "reply", thread, text="Đã sửa")
    assert [c.text for c in thread.comments.all()] == ["Lời", "Đã sửa"]
    assert act(client, "reply", thread, text=" ").status_code == 422


def test_the_reason_of_a_return_is_the_first_comment_in_the_composer_too(
    client, post, officer, leader
):
    decisions.request_changes(post, post.current_revision, by=leader, reason="Sai số máy trực")
    client.force_login(officer)

    part = client.get(f"{page(post)}?at=edit", headers={"HX-Request": "true"}).content.decode()

    assert part.count("Sai số máy trực") == 1
    assert 'name="at" value="edit"' in part


def test_each_form_works_without_scripts_too(client, post, officer, leader):
    begin(post, leader, quote="không yêu cầu", proposal="không đòi")
    decisions.request_changes(post, post.current_revision, by=leader, reason="Sửa")
    client.force_login(officer)

    main = client.get(page(post)).content.decode().partition("<main")[2].partition("</main>")[0]

    assert main.count('method="post"') == main.count("csrfmiddlewaretoken") == 6


def test_a_supervisor_reads_and_gets_no_form(client, post, leader):
    begin(post, leader)
    client.force_login(factories.person(Role.SUPERVISOR, post.unit.parent))

    html = client.get(page(post)).content.decode()

    assert "Lời" in html
    assert "hx-post" not in html


def test_a_draft_that_was_never_submitted_has_no_comments_yet(client, officer):
    draft = factories.PostFactory(unit=officer.current_appointments[0].unit, author=officer)
    client.force_login(officer)

    assert client.get(page(draft)).status_code == 200
    client.post(page(draft), {"text": "Lời"})
    assert not Thread.objects.exists()


def test_a_made_up_page_to_return_to_is_ignored(client, post, leader):
    client.force_login(leader)

    response = client.post(page(post), {"text": "Lời", "at": "https://evil.example"})

    assert response["Location"].startswith(page(post))


def test_many_threads_are_pages_and_cost_no_more_queries_than_few(
    client, post, leader, settings, django_assert_max_num_queries
):
    settings.QUOTAS = {**settings.QUOTAS, "comment": [(100, 3600)]}
    client.force_login(leader)
    begin(post, leader)
    client.get(page(post))
    with django_assert_max_num_queries(60) as few:
        client.get(page(post))
    for number in range(31):
        discussing.reply(begin(post, leader, text=f"Số {number}"), Remark(text="2"), by=leader)

    with django_assert_max_num_queries(len(few) + 1):  # the open ones of other pages are counted
        html = client.get(page(post)).content.decode()

    assert html.count('class="thread card-body"') == 30
    assert "?page=2" in html
    assert 'class="thread card-body"' in client.get(f"{page(post)}?page=2").content.decode()


def test_the_comment_comes_first_and_what_it_is_about_lies_folded(client, post, leader):
    client.force_login(leader)
    review = client.get(reverse("publishing:review", args=[post.public_id]))
    form = review.context["discussion"].form
    assert next(iter(form)).name == "text"
    assert not form.is_about_a_part

    refused = client.post(page(post), {"proposal": "Gọi 114", "at": "review"})
    assert refused.context["discussion"].form.is_about_a_part
