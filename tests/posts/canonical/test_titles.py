"""A post without a title is called by the first line of its text."""

import pytest

from accounts.permissions import Role
from posts.canonical import content
from posts.canonical.titles import LONGEST, title_from
from posts.editor import saving
from posts.editor.edits import edit_of
from posts.findings import find_findings
from posts.origins import starting
from tests import factories
from tests.posts.editor.composer import address, typed

WORDS = "Khóa cổng cả ban ngày, rút chìa khóa xe và gọi 113 khi thấy người lạ vào ngõ"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", ""),
        ("\n  Khóa   cổng \n\nGọi 113.", "Khóa cổng"),
        (f"{WORDS} sau nửa đêm hôm nay", f"{WORDS} sau nửa đêm…"),
        ("a" * 200, "a" * (LONGEST - 1) + "…"),
    ],
)
def test_it_is_the_first_line_cut_at_a_word(text, title):
    assert title_from(text) == title
    assert len(title) <= LONGEST


@pytest.fixture
def officer():
    return factories.person(Role.OFFICER, factories.UnitFactory())


@pytest.fixture
def post(officer):
    return factories.PostFactory(unit=officer.current_appointments[0].unit, author=officer)


def save(post, by, **fields):
    return saving.save(post, factories.edit_of(post, **fields), by=by, version=post.version)


@pytest.mark.django_db
def test_it_follows_the_text_until_somebody_writes_one(post, officer):
    post = save(post, officer, title=" ", body="<p>Khóa cổng.</p><p>Gọi 113.</p>")
    assert (post.title, post.own_title) == ("Khóa cổng.", "")
    assert find_findings(post) == []

    post = saving.save(post, edit_of(post), by=officer, version=post.version)
    post = save(post, officer, title="", body="<p>Rút chìa khóa.</p>")
    assert str(post) == "Rút chìa khóa."

    post = save(post, officer, title="Rút chìa khóa.")
    assert post.own_title == "Rút chìa khóa."


@pytest.mark.django_db
def test_residents_do_not_read_the_first_line_twice(post, officer):
    body = "<p>Khóa cổng.</p><p>Gọi 113.</p>"
    named = content.compose(save(post, officer, title="Khóa cổng.", body=body))
    post.refresh_from_db()
    unnamed = content.compose(save(post, officer, title="", body=body))

    assert unnamed["title"] == named["title"] == "Khóa cổng."
    assert named["channels"][0]["text"].count("Khóa cổng.") == 2
    assert unnamed["channels"][0]["text"].count("Khóa cổng.") == 1


@pytest.mark.django_db
def test_the_page_keeps_the_field_empty_and_says_so(client, post, officer):
    client.force_login(officer)
    answer = client.post(address("autosave", post), typed(post, title="", body="<p>Gọi 113.</p>"))
    page = client.get(address("edit", post))

    assert answer.status_code == 200
    assert page.context["form"]["title"].value() == ""
    assert "the first line of the text is the title" in page.content.decode()
    post.refresh_from_db()
    assert starting.duplicate(post, by=officer).own_title == ""
