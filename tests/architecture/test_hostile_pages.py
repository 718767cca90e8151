"""Searches, the library, correction, rules of topics and the links of a calendar answer plainly
whatever a signed-in script sends: none with 500, none with work that grows with what was sent.
"""

import uuid
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.permissions import Role
from campaigns.models import TopicRule
from posts.library.models import Template
from posts.models import Post
from publishing.calendar_links import feed_links
from publishing.models import CalendarLink
from tests import factories

pytestmark = pytest.mark.django_db

LONG = "Đ{a}" * 13_500  # 54 kB
TEXTS = {
    "zero byte": "a\x00b",
    "long": LONG,
    "gaps": "{" * 27_000 + "}" * 27_000,
    "blanks": " \t\n" * 18_000,
    "expands": "\ufdfa" * 18_000,  # one letter that folds to eighteen
    "marks": "a" + "\u0301" * 27_000,
    "surrogates": "\U0001d7d8" * 13_500,
    "wildcards": "%_" * 27_000,
    "turned": "\u202e\u2066\u200b" * 9_000,
}
BROKEN = [
    "q=%FF%FE%00",
    "q=%ED%A0%80",
    "q=%",
    "&&&=&=&q",
    "q=" + "a" * 54_000,
    "page=-1&q=a",
    "page=99999999999999999999&q=a",
    "page=1e9",
    "at=%00",
    "unit=%27%3B--",
    "topic=9999999999999999999999&show=own",
    "topic[]=1&topic=a&topic=b",
    "&".join(f"q={n}" for n in range(900)),
]


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def person(client, unit):
    """One person who reaches all of these pages, and whose script does not stop at an error."""
    person = factories.person(Role.OVERSEER, unit.parent)
    for role in (Role.OFFICER, Role.APPROVER):
        person.appointments.create(unit=unit, role=role, valid_from=date(2025, 7, 1))
    client.force_login(person)
    client.raise_request_exception = False
    return person


@pytest.fixture
def pages(unit, person):
    post = factories.PostFactory(unit=unit, author=person)
    template, snippet = factories.template(unit.parent), factories.snippet(unit)
    rule = factories.topic_rule(unit.parent)
    return {
        "search": reverse("search"),
        "links": reverse("publishing:calendar_links"),
        "correctable": reverse("publishing:correctable"),
        "insert snippet": reverse("posts:insert_snippet", args=[post.public_id]),
        "library": reverse("posts:library"),
        "snippets": reverse("posts:snippets"),
        "template": reverse("posts:template", args=[template.public_id]),
        "new template": reverse("posts:new_template"),
        "edit template": reverse("posts:edit_template", args=[template.public_id]),
        "edit snippet": reverse("posts:edit_template", args=[snippet.public_id]),
        "rules": reverse("campaigns:topic_rules"),
        "new rule": reverse("campaigns:topic_rule_new"),
        "end rule": reverse("campaigns:topic_rule_end", args=[rule.public_id]),
    }


FIELDS = (
    *("q", "snippet", "title", "text", "text-zalo", "hashtags", "name", "reason", "shows", "asks"),
    *("topic", "months", "version", "legal_basis", "legal_from", "valid_from", "valid_until"),
)
MOST_QUERIES = 60  # of one request, whatever it sends


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_are_answered_plainly(client, pages, text):
    wrong = {}
    for name, address in pages.items():
        # nginx passes addresses of 8 kB
        for method, length in ((client.get, 450), (client.post, len(text))):
            with CaptureQueriesContext(connection) as queries:
                answer = method(address, dict.fromkeys(FIELDS, text[:length]))
            if answer.status_code >= 500 or len(queries) > MOST_QUERIES:
                wrong[method.__name__, name] = answer.status_code, len(queries)
    assert wrong == {}


@pytest.mark.parametrize("query", BROKEN, ids=range(len(BROKEN)))
def test_broken_queries_are_answered_plainly(client, pages, query):
    wrong = [
        name
        for name, address in pages.items()
        if client.get(f"{address}?{query}").status_code >= 500
    ]
    assert wrong == []


@pytest.mark.parametrize("method", ["head", "put", "delete", "patch", "options", "trace"])
def test_other_methods_change_nothing_and_are_answered_plainly(client, pages, unit, method):
    def rows():
        return [model.objects.count() for model in (Post, Template, TopicRule, CalendarLink)]

    before = rows()
    codes = {name: getattr(client, method)(address).status_code for name, address in pages.items()}
    plain = {200, 405} if method == "head" else {405}
    assert {name: code for name, code in codes.items() if code not in plain} == {}
    assert rows() == before


# --- Another unit's, and too often --------------------------------------------------------------


@pytest.fixture
def foreign():
    unit = factories.UnitFactory()
    stranger = factories.person(Role.OFFICER, unit)
    post = factories.PostFactory(unit=unit, author=stranger)
    link = factories.calendar_link(stranger, unit)
    return [
        reverse("posts:insert_snippet", args=[post.public_id]),
        reverse("posts:correct", args=[post.public_id]),
        reverse("posts:template", args=[factories.template(unit).public_id]),
        reverse("posts:edit_template", args=[factories.template(unit).public_id]),
        reverse("posts:edit_template", args=[factories.snippet(unit).public_id]),
        reverse("campaigns:topic_rule_end", args=[factories.topic_rule(unit.parent).public_id]),
        reverse("publishing:calendar_link_renew", args=[link.public_id]),
        reverse("publishing:calendar_link_revoke", args=[link.public_id]),
    ]


def test_what_belongs_to_another_unit_is_not_found_by_any_method(client, person, foreign):
    wrong = []
    for address in foreign:
        for method in ("get", "post", "put", "delete"):
            answer = getattr(client, method)(address, {"reason": "x", "piece": str(uuid.uuid4())})
            if answer.status_code not in {404, 405}:
                wrong.append((method, address, answer.status_code))
    assert wrong == []


def test_the_searches_show_nothing_of_another_unit(client, person, pages):
    unit = factories.UnitFactory()
    factories.PostFactory(unit=unit, title="Zyxwvut riêng", search="zyxwvut rieng")
    factories.template(unit, title="Zyxwvut mẫu")
    factories.snippet(unit, title="Zyxwvut thẻ", search="zyxwvut the")
    for name in ("search", "correctable", "insert snippet", "library", "snippets"):
        page = client.get(pages[name], {"q": "zyxwvut"}).content.decode()
        assert "Zyxwvut" not in page.replace('value="zyxwvut"', ""), name


def test_a_script_makes_no_more_links_than_a_person_may(client, person, pages):
    """Five are in use at a time, and ten are made in an hour."""
    codes = [client.post(pages["links"], {"shows": "unit"}).status_code for _ in range(14)]
    assert codes == [200] * 5 + [409] * 9

    for link in CalendarLink.objects.filter(user=person, revoked_at=None):
        address = reverse("publishing:calendar_link_revoke", args=[link.public_id])
        assert client.post(address).status_code == 302
    assert client.post(pages["links"], {"shows": "unit"}).status_code == 409
    assert not CalendarLink.objects.filter(user=person, revoked_at=None).exists()


def test_a_guessed_secret_costs_one_query_and_names_nothing(client, unit, person):
    link, secret = feed_links.create_link(unit=unit, own_posts=False, by=person)
    client.logout()
    guesses = [secret[:-1], secret.swapcase(), "a" * 4000, "%00", "..%2f", "Ⓐ", " "]
    for guess in guesses:
        address = f"/calendar/links/{link.public_id}/{guess}.ics"
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert answer.status_code in {400, 404}
        assert len(queries) <= 1
    right = f"/calendar/links/{link.public_id}/{secret}.ics"
    codes = [client.get(right).status_code for _ in range(12)]
    assert codes == [200] * 10 + [429] * 2
    assert client.post(right).status_code == 405


def test_a_script_fills_neither_library_nor_draft(client, unit, person, pages, settings):
    settings.QUOTAS = {**settings.QUOTAS, "library": [(3, 3600)], "autosave": [(3, 60)]}
    fields = {"version": 0, "kind": "paragraph", "title": "Thẻ", "text": "#canhgiac"}
    codes = [client.post(reverse("posts:new_snippet"), fields).status_code for _ in range(5)]
    assert codes == [302] * 3 + [409] * 2
    own = Template.objects.filter(title="Thẻ").first()
    archive = reverse("posts:archive_template", args=[own.public_id])
    assert client.post(archive, {"act": "archive"}).status_code == 302
    own.refresh_from_db()
    assert own.archived_at is None

    piece = factories.snippet(unit)
    codes = [
        client.post(pages["insert snippet"], {"snippet": piece.public_id}).status_code
        for _ in range(5)
    ]
    assert codes == [302] * 3 + [429] * 2
