"""The legal basis of a post: asked for by its topic, checked, hashed, and carried along."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.models import TopicRule
from core.errors import Refused
from posts.canonical import content
from posts.canonical.legal_basis import legal_basis_text
from posts.editor import leaks, saving
from posts.findings import find_findings
from posts.history import diff
from posts.library.texts import TemplateFields, clean_fields
from posts.models import Post
from posts.origins import starting
from publishing.models import Delivery
from publishing.reconciliation.expiry import expire
from publishing.scheduling import scheduling
from tests import factories

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DECREE = "Nghị định 282/2025/NĐ-CP"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def post(unit, officer):
    return factories.PostFactory(unit=unit, author=officer)


def found(post: Post) -> list[tuple[str, str, str]]:
    return [
        (f.rule, f.severity.value, f.where) for f in find_findings(post) if f.severity != "hint"
    ]


def save(post: Post, **fields: object) -> Post:
    edit = factories.edit_of(post, **fields)
    return saving.save(post, edit, by=post.author, version=post.version)


def today() -> date:
    return timezone.localdate()


@pytest.mark.parametrize(
    ("asks", "missing", "fields"),
    [
        (
            "legal",
            ("legal_missing", "block", "legal"),
            {"legal_basis": DECREE, "legal_from": date(2025, 12, 15)},
        ),
        (
            "valid",
            ("valid_until_missing", "block", "valid_until"),
            {"valid_until": timezone.now() + 9 * DAY},
        ),
        ("source", ("source_missing", "block", "source"), {"source": "Công văn 12/CA"}),
    ],
)
def test_a_post_bears_what_its_topic_asks_for(unit, post, asks, missing, fields):
    assert found(post) == []

    factories.topic_rule(unit, asks=asks)
    assert found(post) == [missing]
    assert found(save(post, **fields)) == []


def test_a_rule_of_another_province_or_day_asks_for_nothing(unit, post):
    factories.topic_rule(factories.UnitFactory(), asks=TopicRule.Asks.SOURCE)
    factories.topic_rule(unit, asks=TopicRule.Asks.SOURCE, valid_from=today() + DAY)
    assert found(post) == []


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"legal_until": today() + 99 * DAY}, ["legal_missing"]),
        ({"legal_basis": DECREE, "legal_until": today() + 31 * DAY}, []),
        ({"legal_basis": DECREE, "legal_until": today() + 30 * DAY}, ["legal_lapses_soon"]),
        ({"legal_basis": DECREE, "legal_until": today()}, ["legal_lapses_soon"]),
        ({"legal_basis": DECREE, "legal_until": today() - DAY}, ["legal_lapsed"]),
        (
            {
                "legal_basis": DECREE,
                "legal_until": today() + DAY,
                "requested_time": timezone.now() + 2 * DAY,
            },
            ["legal_lapses_before"],
        ),
        ({"legal_basis": DECREE, "legal_from": today() + DAY}, ["legal_not_yet"]),
        (
            {
                "legal_basis": DECREE,
                "legal_from": today() + DAY,
                "requested_time": timezone.now() + DAY,
            },
            [],
        ),
    ],
)
def test_a_legal_basis_is_in_force_when_the_post_goes_out(post, fields, rules):
    assert [rule for rule, _severity, _where in found(save(post, **fields))] == rules


def test_a_post_without_a_legal_basis_keeps_the_hash_it_had(post):
    composed = content.compose(post)
    assert not {"legal", "source"} & composed.keys()


@pytest.mark.clock("2026-12-01 08:00")
def test_the_legal_basis_are_part_of_what_is_hashed_and_compared(post):
    before = content.compose(post)
    saved = save(post, legal_basis=DECREE, legal_until=date(2027, 1, 31), source="Công văn 12")
    after = content.compose(saved)

    assert after["legal"] == {"number": DECREE, "from": "", "until": "2027-01-31"}
    assert after["source"] == "Công văn 12"
    assert content.digest(before) != content.digest(after)
    assert [change.label for change in diff.list_changes(before, after)] == [
        "Legal basis",
        "Source of the warning",
    ]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (("", ""), DECREE),
        (("2025-12-15", ""), f"{DECREE}, in force from 15/12/2025"),
        (("", "2027-01-31"), f"{DECREE}, in force until 31/01/2027"),
        (("2025-12-15", "2027-01-31"), f"{DECREE}, in force from 15/12/2025 to 31/01/2027"),
    ],
)
def test_a_legal_basis_is_told_in_a_line(days, words):
    assert legal_basis_text({"number": DECREE, "from": days[0], "until": days[1]}) == words


@pytest.mark.clock("2026-12-01 08:00")
def test_a_duplicate_a_correction_and_a_template_hand_the_legal_basis_on(unit, officer):
    legal_basis = {
        "legal_basis": DECREE,
        "legal_from": date(2025, 12, 15),
        "legal_until": date(2030, 1, 1),
        "source": "Công văn 12/CA",
    }
    row = factories.live_delivery(unit=unit)
    Post.objects.filter(pk=row.post_id).update(**legal_basis)
    row.post.refresh_from_db()
    template = factories.template(unit, **legal_basis)

    made = [
        starting.duplicate(row.post, by=officer),
        starting.start_correction(row.post, by=officer),
        starting.start_from_template(template, unit=unit, by=officer),
    ]
    assert [copy.legal_basis_fields() for copy in made] == [legal_basis] * 3


def test_a_template_stores_the_legal_basis_cleaned(unit):
    fields = TemplateFields(
        title="Bài", text="Chữ", topic=factories.topic(), legal_basis=f"  {DECREE} ", source="CA"
    )
    values = clean_fields(fields)
    assert (values["legal_basis"], values["source"]) == (DECREE, "CA")


def test_a_legal_basis_that_is_too_long_is_refused(post):
    with pytest.raises(Refused):
        save(post, source="a" * 201)
    with pytest.raises(Refused):
        clean_fields(
            TemplateFields(title="Bài", text="Chữ", topic=post.topic, legal_basis="a" * 201)
        )


def test_the_composer_takes_the_legal_basis_and_refuses_days_in_the_wrong_order(
    client, post, officer
):
    client.force_login(officer)
    address = reverse("posts:autosave", args=[post.public_id])
    fields = {"version": post.version, "title": post.title, "body": "Chữ", "legal_basis": DECREE}

    wrong = client.post(
        address, {**fields, "legal_from": "02/01/2027", "legal_until": "01/01/2027"}
    )
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["legal_until"])

    assert client.post(address, {**fields, "legal_from": "15/12/2025"}).status_code == 200
    post.refresh_from_db()
    assert (post.legal_basis, post.legal_from) == (DECREE, date(2025, 12, 15))


def test_the_composer_says_what_is_missing_beside_the_field(client, unit, post, officer):
    factories.topic_rule(unit, asks=TopicRule.Asks.SOURCE)
    client.force_login(officer)
    page = client.get(reverse("posts:edit", args=[post.public_id])).content.decode()
    assert page.count("Say where the warning comes from") == 2  # in the list and at the field
    assert "the topic asks for it" in page


def test_review_and_post_pages_show_the_legal_basis(client, unit):
    legal_basis = {
        "legal_basis": DECREE,
        "legal_from": date(2025, 12, 15),
        "source": "Công văn 12/CA",
    }
    post = factories.submitted(factories.PostFactory(unit=unit, **legal_basis))
    client.force_login(factories.person(Role.APPROVER, unit))
    for page in ("publishing:review", "publishing:post"):
        shown = client.get(reverse(page, args=[post.public_id])).content.decode()
        assert f"{DECREE}, in force from 15/12/2025" in shown
        assert "Công văn 12/CA" in shown


def test_nothing_goes_out_after_the_last_day_of_its_legal_basis(unit):
    now = timezone.now()
    row = factories.delivery(due_at=now, not_after=now + DAY)
    Post.objects.filter(pk=row.post_id).update(legal_until=timezone.localdate(now))
    assert Delivery.objects.approved_in_time(now).filter(pk=row.pk).exists()

    Post.objects.filter(pk=row.post_id).update(legal_until=timezone.localdate(now) - DAY)
    assert not Delivery.objects.approved_in_time(now).filter(pk=row.pk).exists()
    assert expire(clock=lambda: now) == 1


def test_a_post_is_not_scheduled_after_its_legal_basis(unit):
    post = factories.approved(factories.PostFactory(unit=unit, legal_until=today() + DAY))
    with pytest.raises(Refused):
        scheduling.refuse_after_validity(post, timezone.now() + 2 * DAY)
    scheduling.refuse_after_validity(post, timezone.now() + DAY)


def test_a_repealed_law_is_named_with_its_successor_wherever_it_stands(post):
    body = "<p>Theo Luật An ninh mạng năm 2018 và Luật 29/2018/QH14.</p>"
    post = save(post, body=body, legal_basis="24/2018/QH14")

    laws = [f for f in find_findings(post) if f.rule == "repealed_law"]

    assert [(f.severity.value, f.where) for f in laws] == [
        ("warn", "body"),
        ("warn", "body"),
        ("warn", "legal"),
    ]
    assert "116/2025/QH15" in laws[0].message
    assert "117/2025/QH15" in laws[1].message


def test_one_tap_writes_the_successor_where_the_law_stands(client, post):
    post = save(
        post, body="<p>Theo Luật An ninh mạng số 24/2018/QH14.</p>", legal_basis="24/2018/QH14"
    )
    client.force_login(post.author)
    page = client.get(reverse("posts:edit", args=[post.public_id]))
    mark = next(f.mark for f in find_findings(post) if f.rule == "repealed_law")
    assert f"way:{mark}:successor" in page.content.decode()
    assert f"alarm:{mark}" not in page.content.decode()

    for finding in find_findings(post):
        if finding.rule == "repealed_law":
            leaks.apply_way_out(post, finding.mark, "successor", by=post.author)
            post = Post.objects.get(pk=post.pk)

    assert post.body == "<p>Theo Luật An ninh mạng số 116/2025/QH15.</p>"
    assert post.legal_basis == "116/2025/QH15"
    assert [f for f in find_findings(post) if f.rule == "repealed_law"] == []


def test_a_repealed_law_is_no_false_alarm_of_the_leak_check(post):
    post = save(post, body="<p>Luật 24/2018/QH14</p>")
    mark = next(f.mark for f in find_findings(post) if f.rule == "repealed_law")

    with pytest.raises(Refused):
        leaks.report_no_leak(post, mark, by=post.author)
