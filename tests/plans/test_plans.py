"""Plans of what the main pages ask of tables that grow with history: PostgreSQL's, no clock."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from audit.models import Entry
from audit.services import record
from engagement.models import Count
from engagement.rollups import services as rollups
from engagement.rollups.models import PlatformDay
from publishing.models import Attempt, Delivery
from tests import factories
from units.models import Unit

pytestmark = pytest.mark.django_db
GROWING = {
    "publishing_delivery",
    "publishing_attempt",
    "engagement_count",
    "audit_entry",
    "posts_post",
}
ROWS, DAYS = 20_000, 700
MOST_QUERIES, MOST_MORE = 20, 3
DAY = timedelta(days=1)
PAGES = {
    "today": ("oversight:today", {}),
    "posts": ("publishing:post_list", {}),
    "posts by words": ("publishing:post_list", {"q": "một từ hiếm thấy"}),
    "calendar": ("publishing:calendar", {}),
    "day of the calendar": ("publishing:calendar", {"view": "day"}),
    "kept back": ("publishing:held", {}),
    "recalls": ("publishing:recall_list", {}),
    "record": ("audit:log", {}),
    "record of a person": ("audit:log", {"who": "Trần Hiếm Hoi"}),
    "record of words": ("audit:log", {"what": "một tên hiếm thấy"}),
    "record of an id": ("audit:log", {"what": "00000000-0000-0000-0000-000000000017"}),
    "matters": ("oversight:matters", {}),
    "official pages": ("oversight:official_pages", {}),
    "adoption": ("oversight:adoption_list", {}),
    "units": ("oversight:province", {}),
    "nation": ("oversight:nation", {}),
    "results": ("engagement:results", {}),
}
OF_MINISTRY = sorted(PAGES.keys() - {"units"})
OF_PROVINCE = sorted(PAGES.keys() - {"nation"})
OF_COMMUNE = ["calendar", "posts", "results", "today"]


def copy(table: str, pk: int, n: int, **changed: str) -> None:
    """Insert ``n`` copies of a row; ``changed``: columns as SQL, in which ``n`` is the number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = %s AND column_name <> 'id' ORDER BY ordinal_position",
            [table],
        )
        columns = [f'"{name}"' for (name,) in cursor.fetchall()]
        values = [changed.get(name.strip('"'), f"source.{name}") for name in columns]
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
            f"FROM {table} AS source CROSS JOIN generate_series(1, {n}) AS n WHERE source.id = {pk}"
        )


@pytest.fixture
def seeded():
    """Return people of each level and a published post of a commune, with a row of each kind."""
    province = factories.ProvinceFactory()
    units = [factories.UnitFactory(parent=province) for _ in range(200)]
    people = {
        "ministry": factories.person(Role.OVERSEER, factories.ministry()),
        "province": factories.person(Role.OVERSEER, province),
        "commune": factories.person(Role.OFFICER, units[0]),
    }
    channel = factories.ChannelFactory(unit=units[0])
    post = factories.approved(factories.PostFactory(unit=units[0], channels=[channel]))
    at = timezone.now() - DAY
    delivery = factories.delivery(
        post, channel, state="published", due_at=at, published_at=at, remote_id="first"
    )
    Count.objects.create(delivery=delivery, taken_at=at, views=1)
    Attempt.objects.create(delivery=delivery, number=1, started_at=at)
    record("post.approved", post, by=people["commune"])
    rollups.rebuild_all()
    # The nation is compared with days of which there are records: before it is filled, too.
    PlatformDay.objects.filter(province=None).update(day=F("day") - timedelta(days=DAYS))
    return people, units, delivery


def fill(units: list[Unit], delivery: Delivery) -> None:
    """Fill two years of a province of two hundred units: a page shows the newest rows, or those of
    a few days or of one unit.
    """
    post, count = delivery.post, delivery.counts.get()
    entry = Entry.objects.get(action="post.approved", object_label=str(post))
    keys = [unit.pk for unit in units]
    unit_of = f"(ARRAY{keys})[1 + n %% {len(keys)}]".replace("%%", "%")
    back = f"- n * interval '{DAYS * 24 * 60 // ROWS} minutes'"
    copy(
        "posts_post",
        post.pk,
        ROWS,
        public_id="gen_random_uuid()",
        unit_id=unit_of,
        changed_at=f"source.changed_at {back}",
        created_at=f"source.created_at {back}",
        label="'Bài ' || n",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(id) FROM posts_post WHERE label = 'Bài 1'")
        first = cursor.fetchone()[0] - 1
    copy(
        "publishing_delivery",
        delivery.pk,
        ROWS,
        public_id="gen_random_uuid()",
        post_id=f"{first} + n",
        unit_id=unit_of,
        remote_id="'r' || n",
        due_at=f"source.due_at {back}",
        fire_at=f"source.fire_at {back}",
        not_after=f"source.not_after {back}",
        published_at=f"source.published_at {back}",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(id) FROM publishing_delivery WHERE remote_id = 'r1'")
        first = cursor.fetchone()[0] - 1
    copy(
        "engagement_count",
        count.pk,
        ROWS,
        delivery_id=f"{first} + n",
        taken_at=f"source.taken_at {back}",
    )
    copy(
        "publishing_attempt",
        Attempt.objects.get().pk,
        ROWS,
        delivery_id=f"{first} + n",
        started_at=f"source.started_at {back}",
    )
    copy(
        "audit_entry",
        entry.pk,
        ROWS,
        at=f"source.at {back}",
        object_id="gen_random_uuid()::text",
        object_label="'Bài ' || n",
        stream="1000",
        position="n",
        unit_path=f"(SELECT path FROM units_unit WHERE id = {unit_of})",
    )
    with connection.cursor() as cursor:
        # Before the sums as well: what other tests left of statistics made them take minutes.
        for table in sorted(GROWING):
            cursor.execute(f"ANALYZE {table}")
        # What was just written waits beside the indexes of words, and is read whole.
        for index in ("audit_label_words", "audit_name_words", "post_words"):
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
    rollups.rebuild_all()


def statements(client: Client, page: str) -> list[str]:
    name, query = PAGES[page]
    client.get(reverse(name), query)  # the second look is as all others
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(reverse(name), query)
    assert answer.status_code == 200, (page, answer.status_code)
    return [query["sql"] for query in captured if query["sql"].startswith(("SELECT", "WITH", "("))]


def nodes(plan: dict):
    yield plan
    for part in plan.get("Plans", ()):
        # Ends after as many rows as it is to count: 5,000 entries that one may read.
        ends = plan["Node Type"] == "Limit" and part["Plan Rows"] >= plan["Plan Rows"]
        if not (ends and part["Node Type"] == "Seq Scan"):
            yield from nodes(part)


def read_whole(sql: str) -> list[str]:
    """Return the growing tables that the statement reads from their beginning to their end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}".replace("%", "%%"), [])
        (found,) = cursor.fetchone()
    found = json.loads(found) if isinstance(found, str) else found
    return [
        node["Relation Name"]
        for node in nodes(found[0]["Plan"])
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING
    ]


def deliveries_read(sql: str) -> int:
    """Return how many deliveries the statement looks at."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".replace("%", "%%"), [])
        (found,) = cursor.fetchone()
    found = json.loads(found) if isinstance(found, str) else found
    return sum(
        node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in nodes(found[0]["Plan"])
        if node.get("Relation Name") == "publishing_delivery"
    )


def looks(people: dict[str, User]) -> dict[tuple[str, str], list[str]]:
    """Return the statements of each main page, by level and page."""
    found = {}
    for who, pages in (
        ("ministry", OF_MINISTRY),
        ("province", OF_PROVINCE),
        ("commune", OF_COMMUNE),
    ):
        client = Client()
        client.force_login(people[who])
        found |= {(who, page): statements(client, page) for page in pages}
    return found


def test_main_pages_read_no_growing_table_whole_and_ask_as_much_as_ever(seeded):
    people, units, delivery = seeded
    before = looks(people)
    fill(units, delivery)

    after = looks(people)

    assert Delivery.objects.count() > ROWS
    whole = {
        (*page, sql[:3000]): tables
        for page, asked in after.items()
        for sql in asked
        if (tables := read_whole(sql))
    }
    assert whole == {}
    # A list that has more than it shows counts them, and asks who may act on what it shows.
    more = {page: len(asked) - len(before[page]) for page, asked in after.items()}
    assert {page: n for page, n in more.items() if n > MOST_MORE} == {}
    assert {page: len(asked) for page, asked in after.items() if len(asked) > MOST_QUERIES} == {}
    # Marks of days to be summed up come and go all day: none is there, and no raw row is read.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO engagement_changedday (kind, day, unit_id) "
            "SELECT 'published', CURRENT_DATE, id FROM units_unit"
        )
        cursor.execute("DELETE FROM engagement_changedday")
        cursor.execute("ANALYZE engagement_changedday")
    summed = [sql for sql in after["commune", "results"] if "engagement_currentpageday" in sql]
    assert (len(summed) > 1, sum(map(deliveries_read, summed))) == (True, 0)
    # That the test sees what it is for:
    assert deliveries_read("SELECT id FROM publishing_delivery") > ROWS
    assert read_whole("SELECT id FROM audit_entry WHERE reason LIKE '%x%'") == ["audit_entry"]
    assert read_whole("SELECT id FROM audit_entry WHERE object_id = 'x'") == []
