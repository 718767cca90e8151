"""The record: it cannot be changed, everybody reads their own scope, and every act has its
sentence.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.permissions import Role
from audit import queries
from audit.models import Entry
from audit.sentences import GROUPS, SENTENCES, describe_entry, list_groups, register
from audit.services import record, record_many
from posts.states import PostState
from publishing.deliveries.transitions import move_many
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory(place="Thành phố Đà Nẵng")


@pytest.fixture
def commune(province):
    return factories.UnitFactory(parent=province, place="Phường Hải Châu")


@pytest.fixture
def reader(client, province):
    reader = factories.person(Role.OVERSEER, province)
    client.force_login(reader)
    return reader


def sentences_shown(response) -> list[str]:
    return [e.sentence for e in response.context["entries"]]


@pytest.mark.parametrize(
    "deed",
    [
        lambda entry: Entry.objects.filter(pk=entry.pk).update(reason="another"),
        lambda entry: Entry.objects.filter(pk=entry.pk).delete(),
        lambda entry: entry.save(),
    ],
    ids=["update", "delete", "save"],
)
def test_the_database_refuses_to_change_or_delete_an_entry(commune, deed):
    entry = record("unit.created", commune, reason="why")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        deed(entry)

    assert Entry.objects.get().reason == "why"


def test_a_province_reads_its_own_ground_and_no_siblings(client, reader, commune, province):
    record("unit.created", commune)
    record("unit.created", province)
    record("unit.created", factories.UnitFactory())
    record("unit.created", factories.ministry())

    assert sentences_shown(client.get(reverse("audit:log"))) == [
        "Added the unit Công an thành phố Đà Nẵng",
        "Added the unit Công an phường Hải Châu",
    ]


def test_an_approver_reads_the_own_unit_alone_and_an_officer_nothing(client, commune, province):
    record("unit.created", commune)
    record("unit.created", province)

    client.force_login(factories.person(Role.APPROVER, commune))
    assert sentences_shown(client.get(reverse("audit:log"))) == [
        "Added the unit Công an phường Hải Châu"
    ]
    client.force_login(factories.person(Role.OFFICER, commune))
    assert client.get(reverse("audit:log")).status_code == 403


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["account.disabled", "unit.renamed", "unit.created"]),
        ({"who": "nguyen thi anh"}, ["account.disabled"]),
        ({"who": "anh.nt"}, ["account.disabled"]),
        ({"group": "unit"}, ["unit.renamed", "unit.created"]),
        ({"unit": "hai chau"}, ["account.disabled", "unit.created"]),
        ({"unit": "da nang"}, ["account.disabled", "unit.renamed", "unit.created"]),
        ({"what": "Hải Châu"}, ["unit.created"]),
        ({"first": "02/11/2026"}, ["account.disabled", "unit.renamed"]),
        ({"first": "02/11/2026", "last": "02/11/2026"}, ["unit.renamed"]),
        ({"last": "01/11/2026"}, ["unit.created"]),
    ],
)
def test_the_log_is_narrowed_by_person_group_unit_object_and_period(  # any clock
    client, reader, commune, province, query, expected
):
    hanoi = ZoneInfo("Asia/Ho_Chi_Minh")
    anh = factories.person(
        Role.ADMINISTRATOR, province, full_name="Nguyễn Thị Ánh", username="anh.nt"
    )
    officer = factories.person(Role.OFFICER, commune)
    record("unit.created", commune, at=datetime(2026, 11, 1, 23, 59, tzinfo=hanoi))
    record("unit.renamed", province, at=datetime(2026, 11, 2, 0, 0, tzinfo=hanoi))
    record(
        "account.disabled",
        officer,
        by=anh,
        at=datetime(2026, 11, 3, 8, tzinfo=hanoi),
        unit_path=commune.path,
    )

    entries = client.get(reverse("audit:log"), query).context["entries"]

    assert [e.action for e in entries] == expected


@pytest.mark.parametrize("most", [0, 300], ids=["by a subquery", "by keys"])
@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("le binh", ["unit.renamed", "unit.created"]),
        ("Lê Bính", ["unit.renamed", "unit.created"]),
        ("Trần Bình", ["unit.created"]),
        ("%", []),
    ],
)
def test_a_person_is_found_by_the_name_of_today_and_as_it_is_written_down(
    client, reader, province, monkeypatch, most, who, expected
):
    monkeypatch.setattr(queries, "MOST_PEOPLE", most)
    binh = factories.person(Role.ADMINISTRATOR, province, full_name="Trần Bình")
    record("unit.created", province, by=binh)
    binh.full_name = "Lê Bính"
    binh.save()
    record("unit.renamed", province, by=binh)
    record("unit.closed", province, by=factories.person(Role.ADMINISTRATOR, province))

    found = client.get(reverse("audit:log"), {"who": who}).context["entries"]

    assert [e.action for e in found] == expected


@pytest.mark.parametrize("what", ["{id}", "Hải Châu", "phường hải"])
def test_what_the_engine_did_without_a_name_is_found_by_its_id(client, reader, commune, what):
    record("unit.created", commune)
    rows = [
        {
            "at": timezone.now(),
            "action": "unit.renamed",
            "object_type": "units.unit",
            "object_id": str(commune.pk),
            "unit_path": commune.path,
        }
    ]
    record_many(rows)

    found = client.get(reverse("audit:log"), {"what": what.format(id=commune.pk)})

    both = ["unit.renamed", "unit.created"]
    assert [e.action for e in found.context["entries"]] == (both if "id" in what else both[1:])


def test_an_entry_says_who_in_which_post_where_and_why(client, reader, commune, province):
    admin = factories.person(Role.ADMINISTRATOR, province, full_name="Quản Trị")
    record("unit.closed", commune, by=admin, position="Trưởng phòng", reason="Giải thể")

    page = client.get(reverse("audit:log")).content.decode()

    for words in (
        "Quản Trị",
        "Trưởng phòng",
        "Closed the unit Công an phường Hải Châu",
        "Giải thể",
    ):
        assert words in page
    assert f'href="{reverse("units:unit", args=[commune.key])}"' in page


def test_an_entry_outlives_what_it_describes(client, reader, commune):
    user = factories.UserFactory(full_name="Người Cũ")
    record("account.enabled", user, unit_path=commune.path)
    user.delete()

    assert sentences_shown(client.get(reverse("audit:log"))) == ["Enabled the account of Người Cũ"]


def test_the_log_asks_as_much_for_three_entries_as_for_one(client, reader, commune, province):
    record("unit.created", commune)
    client.get(reverse("audit:log"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("audit:log"))
    record("unit.created", province)
    record("unit.created", factories.UnitFactory(parent=province))
    with CaptureQueriesContext(connection) as three:
        client.get(reverse("audit:log"))

    assert len(three) == len(one)


def test_what_the_engine_did_by_the_thousand_is_named_by_its_post_and_page(client, reader, commune):
    rows = [
        factories.delivery(factories.approved(unit=commune, title=title))
        for title in ("Một", "Hai", "Ba")
    ]
    move_many(rows[:1], State.CANCELLED, now=timezone.now())
    client.get(reverse("audit:log"))
    with CaptureQueriesContext(connection) as one:
        sentences = sentences_shown(client.get(reverse("audit:log"), {"group": "delivery"}))
    assert sentences[0] == f"Cancelled the schedule: Một → {rows[0].channel}"

    move_many(rows[1:], State.CANCELLED, now=timezone.now())
    with CaptureQueriesContext(connection) as three:
        client.get(reverse("audit:log"), {"group": "delivery"})
    assert len(three) == len(one)


def test_an_action_without_a_sentence_is_shown_by_its_code():
    assert describe_entry("unit.exploded", "Công an xã A", {}) == "unit.exploded: Công an xã A"


def test_a_missing_fact_leaves_a_gap_and_no_error():
    assert describe_entry("unit.merged", "A", {}) == "Merged A into"


def test_every_action_of_the_code_has_its_sentence():
    written = set()
    others = {"tests", "simulator", "try_out", "var", "benchmarks"}
    folders = [path for path in settings.BASE_DIR.glob("[a-z]*/") if path.name not in others]
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        recorded = r'(?:\b(?:record|record_action|entry)\(\s*|"action": )"([a-z_]+\.[a-z_.]+)"'
        written |= set(re.findall(recorded, path.read_text(encoding="utf-8")))
    written |= {f"post.{state}" for state in PostState} | {f"delivery.{state}" for state in State}

    assert written - set(SENTENCES) == set()
    assert {action.partition(".")[0] for action in SENTENCES} == set(GROUPS)


def test_an_action_is_registered_once():
    with pytest.raises(ValueError, match=r"registered twice: unit\.created"):
        register({"unit.created": "Something else"}, groups={}, place=1)


def test_the_filter_lists_the_kinds_of_actions_from_posts_to_what_is_deleted():
    names = [name for name, _label in list_groups()]

    assert names[:3] == ["post", "template", "snippet"]
    assert names.index("delivery") < names.index("unit")
    assert names[-1] == "retention"
    assert set(names) == set(GROUPS)


@pytest.mark.parametrize(
    ("action", "facts", "words"),
    [
        ("access.denied", {"page": "posts:edit"}, "Was refused a page of “Posts”"),
        ("access.denied", {"page": "accounts:invite"}, "Was refused a page of “Invite a person”"),
        ("access.denied", {"page": "admin:index"}, "Was refused a page of “System operation”"),
        ("access.denied", {"page": "hook"}, "Was refused a page of “Other pages”"),
        ("account.factor_added", {"kind": "totp"}, ": Authenticator app"),
        ("account.factor_removed", {"kind": "webauthn"}, ": Passkey"),
        ("account.factor_day_set", {"day": "2027-01-31"}, ": 31/01/2027"),
        ("system.changed", {"page": "units_unit_change"}, "in system operation on “Units”"),
        ("leak_rule.switched", {"rule": "", "since": "2027-01-31"}, "from 31/01/2027 on"),
        ("leak_rule.alarms_seen", {"rule": "plate", "n": 3}, "the rule Number plate found"),
        (
            "media.box_shown",
            {"rule": "plate", "ground": "public"},
            "Number plate, somebody who acts in public",
        ),
        ("media.box_hidden", {"rule": "plate"}, ": Number plate"),
        ("media.looked_by_eye", {"lacking": "codes, stamps"}, ": codes and links, red stamps"),
    ],
)
def test_codes_among_the_facts_are_put_into_words(action, facts, words):
    assert words in describe_entry(action, "x", facts)


def test_a_code_that_nobody_knows_any_more_is_shown_as_it_is():
    assert describe_entry("account.factor_added", "x", {"kind": "old"}).endswith(": old")
    assert "“”" in describe_entry("system.changed", "x", {"page": "gone_thing_add"})


def test_operators_read_the_record_in_the_portals_words(client, settings, commune):
    admin = factories.person(Role.ADMINISTRATOR, commune.parent, full_name="Quản Trị")
    record("unit.closed", commune, by=admin, position="Trưởng phòng", reason="Giải thể")
    record("account.enabled", admin, unit_path=commune.path)
    client.force_login(factories.operator())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "vi"

    page = client.get(reverse("admin:audit_entry_changelist"), {"group": "unit"}).text

    for words in ("Quản Trị", "Trưởng phòng", "Giải thể", "Người thực hiện", commune.name):
        assert words in page
    for raw in ("unit.closed", "account.enabled", "Entry", "entry", "Actor"):
        assert raw not in strip_tags(page.partition("<main")[2])
