"""Words of acts that the search does not know: counted once somebody reports them, without who."""

import pytest
from django.db import models
from django.urls import reverse

from accounts.permissions import Role
from help.models import SearchMiss
from tests import factories

pytestmark = pytest.mark.django_db
NOBODY_KNOWS = "xin xe công vụ"


@pytest.fixture
def officer(client):
    person = factories.person(Role.OFFICER)
    client.force_login(person)
    return person


def report(client, words):
    return client.post(reverse("help:report_miss"), {"q": words}, follow=True)


def counted():
    return dict(SearchMiss.objects.values_list("words", "n"))


def test_words_without_a_match_are_counted_when_they_are_reported(client, officer):
    page = client.get(reverse("search"), {"q": NOBODY_KNOWS})
    assert "Report this word" in page.text
    assert counted() == {}  # to look for something is no report

    report(client, "Xin xe  công vụ")
    answer = report(client, NOBODY_KNOWS)

    assert counted() == {NOBODY_KNOWS: 2}
    assert answer.request["PATH_INFO"] == reverse("search")


def test_who_reported_is_not_kept():
    related = [field.name for field in SearchMiss._meta.get_fields() if field.is_relation]
    moments = [f.name for f in SearchMiss._meta.get_fields() if isinstance(f, models.DateTimeField)]

    assert (related, moments) == ([], [])


@pytest.mark.parametrize(
    "words",
    [
        "áp phích",  # it is known
        "0905 123 456",
        "a@b.vn",
        "x",
        "một câu dài hơn bốn mươi chữ cái thì không",
        "<script>",
        "",
        "x" * 54_000,
    ],
)
def test_what_names_no_unknown_act_is_not_counted(client, officer, words):
    report(client, words)

    assert counted() == {}


def test_the_name_of_a_person_is_not_counted_and_nobody_learns_of_the_account(client, officer):
    elsewhere = factories.person(Role.OFFICER)
    elsewhere.full_name = "Trịnh Quốc Khánh"
    elsewhere.save()

    of_a_person = report(client, "trinh quoc khanh")
    of_nobody = report(client, NOBODY_KNOWS)

    assert counted() == {NOBODY_KNOWS: 1}
    said = [[str(m) for m in page.context["messages"]] for page in (of_a_person, of_nobody)]
    assert said[0] == said[1] != []


def test_somebody_who_reports_all_day_is_stopped(client, officer, settings):
    settings.QUOTAS = {**settings.QUOTAS, "search_miss": [(2, 3600)]}

    for _ in range(4):
        report(client, NOBODY_KNOWS)

    assert counted() == {NOBODY_KNOWS: 2}


@pytest.mark.clock("2026-11-20 09:00")
@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_the_ministry_reads_words_that_several_reported(client, role):
    unit = factories.ministry() if role == Role.SUPERVISOR else factories.UnitFactory()
    client.force_login(factories.person(role, unit))
    rows = [("xin xe", "2026-10-01", 2), ("xin xe", "2026-11-01", 1), ("làm thẻ", "2026-11-01", 2)]
    for words, month, n in [*rows, ("mượn loa", "2026-07-01", 9)]:
        SearchMiss.objects.create(words=words, month=month, n=n)

    page = client.get(reverse("help:index")).text

    assert ("xin xe: 3 reports" in page) == (role == Role.SUPERVISOR)
    assert "làm thẻ" not in page  # too few
    assert "mượn loa" not in page  # long ago
