"""Commented words in the text under review, without scripts: links to their threads and back."""

import re

import pytest
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.permissions import Role
from posts.discussion.marks import Marks, marks_of
from posts.models import Thread
from tests import factories


def thread(quote, occurrence=0) -> Thread:
    return Thread(quote=quote, occurrence=occurrence)


def marked(rendered, *threads):
    return Marks(list(threads)).put_in(rendered)


def words(rendered) -> list[str]:
    return re.findall(r'class="commented"[^>]*>([^<]*)<', rendered)


@pytest.mark.parametrize(
    ("rendered", "quote", "occurrence", "found"),
    [
        ("<p>Nghi ngờ: gọi 113.</p>", "gọi 113", 0, ["gọi 113"]),
        ("<p>Nghi ngờ: <b>gọi</b>\n113.</p>", "gọi 113", 0, ["gọi", "\n113"]),
        ("<p>A &amp; B &lt;3</p>", "& B <3", 0, ["&amp; B &lt;3"]),
        ('<p title="113">x</p>', "113", 0, []),
        ('<a href="https://a.vn">a.vn</a> b', "a.vn b", 0, []),
        ("<p>113 113</p>", "113", 9, ["113"]),
        ("<p>Khác</p>", "gọi 113", 0, []),
        ("<p>(a+</p>", "(a+", 0, ["(a+"]),
        ("", "x", 0, []),
    ],
)
def test_words_are_marked_across_tags_and_outside_links(rendered, quote, occurrence, found):
    result = marked(rendered, thread(quote, occurrence))

    assert words(result) == found
    assert isinstance(result, SafeString)
    # Nothing but links was added.
    assert re.sub(r'<a class="commented"[^>]*>|(?<!vn)</a>', "", result) == rendered


def test_the_place_is_that_of_the_thread():
    assert marked("<p>113 và 113</p>", thread("113", 1)).startswith("<p>113 và <a ")


def test_a_quote_writes_no_markup():
    hostile = '<img src=x onerror="1">'
    result = marked("<p>&lt;img src=x onerror=&quot;1&quot;&gt;</p>", thread(hostile))
    assert "<img" not in result
    assert len(words(result)) == 1


def test_of_overlapping_words_the_first_are_marked():
    assert words(marked("<p>gọi ngay 113</p>", thread("gọi ngay"), thread("ngay 113"))) == [
        "gọi ngay"
    ]


@pytest.mark.django_db
def test_the_review_leads_from_a_thread_to_its_words_and_back_without_scripts(client):
    unit = factories.UnitFactory()
    pages = [factories.ChannelFactory(unit=unit, platform=name) for name in ("facebook", "threads")]
    post = factories.PostFactory(unit=unit, body="<p>Nghi ngờ: gọi 113 ngay.</p>", channels=pages)
    post.targets.filter(channel=pages[1]).update(text="Riêng: gọi 113 ngay.")
    post = factories.submitted(post)
    made = factories.thread(post)
    made.quote, made.place = "gọi 113", "text"
    made.save()
    client.force_login(factories.person(Role.APPROVER, unit, language="en"))
    address = reverse("publishing:review", args=[post.public_id])

    page = client.get(address).content.decode()

    key = made.public_id
    assert page.count(f'id="words-{key}"') == 1
    assert page.count(f'href="#thread-{key}"') == 2
    assert page.count(f'href="#words-{key}"') == 1
    assert page.count(f'id="thread-{key}"') == 1

    made.resolved_at, made.resolved_by = post.submitted_at, post.author
    made.save()
    assert "commented" not in client.get(address).content.decode()


@pytest.mark.django_db
def test_only_open_threads_about_words_are_marked():
    post = factories.submitted()
    made = factories.thread(post)
    made.quote = ""
    assert marks_of([made]).threads == []
