"""The library of examples: its filters counted once more, and what leaves it at once."""

from datetime import date
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.permissions import Role
from campaigns.models import Topic
from engagement.examples.models import Example
from publishing.models import Delivery
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db
LIST = reverse("engagement:examples")
STATES = ("proposed", "province", "nation", "returned", "withdrawn")
ACCEPTED = ("province", "nation")


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def places(province):
    return {
        "own": factories.UnitFactory(parent=province),
        "neighbour": factories.UnitFactory(parent=province),
        "far": factories.UnitFactory(),
    }


@pytest.fixture
def examples(places):
    """Make an example of each state in each place."""
    return {
        (name, state): factories.example(
            unit, state=state, name=f"{name} {state}", platforms="|zalo|"
        )
        for (name, unit), state in product(places.items(), STATES)
    }


def list_names(client, **query) -> set[str]:
    return {card.example.name for card in client.get(LIST, query).context["cards"]}


def name_all(keys) -> set[str]:
    return {f"{place} {state}" for place, state in keys}


def test_each_level_of_the_list_is_what_a_count_by_hand_finds(client, places, examples):
    client.force_login(factories.person(Role.OFFICER, places["own"]))
    in_library = [
        (place, state)
        for place, state in examples
        if state == "nation" or (state == "province" and place != "far")
    ]

    assert list_names(client) == name_all(in_library)
    for level in ACCEPTED:
        wanted = [key for key in in_library if key[1] == level]
        assert list_names(client, level=level) == name_all(wanted)
    assert list_names(client, level="own") == name_all(("own", state) for state in STATES)
    assert list_names(client, level="waiting") == set()
    assert list_names(client, level="nonsense") == name_all(in_library)


def test_what_waits_stands_with_those_alone_who_decide_next(client, province, places, examples):
    expected = {
        factories.person(Role.OVERSEER, province): [
            ("own", "proposed"),
            ("neighbour", "proposed"),
        ],
        factories.person(Role.OVERSEER, factories.ministry()): [
            (place, "province") for place in places
        ],
        factories.person(Role.APPROVER, places["own"]): [],
    }

    for person, keys in expected.items():
        client.force_login(person)
        assert list_names(client, level="waiting") == name_all(keys)


def test_topic_platform_and_words_narrow_the_list(client, places, examples):
    fire = Topic.objects.get(code="pccc")
    kept = examples["own", "nation"]
    Example.objects.filter(pk=kept.pk).update(
        topic=fire, platforms="|facebook|zalo|", search="khoa van gas phuong"
    )
    client.force_login(factories.person(Role.OFFICER, places["own"]))

    for query in (
        {"topic": "pccc"},
        {"platform": "facebook"},
        {"q": "Khóa van"},
        {"topic": "pccc", "platform": "zalo", "q": "GAS"},
    ):
        assert list_names(client, **query) == {kept.name}, query
    for query in ({"topic": "pccc", "platform": "telegram"}, {"q": "khóa cửa"}):
        assert list_names(client, **query) == set()


@pytest.mark.parametrize("state", [State.RECALLED, State.RECALLING])
def test_an_example_leaves_all_lists_with_its_post_and_its_page_says_why(
    client, places, examples, state
):
    gone = examples["own", "nation"]
    client.force_login(factories.person(Role.OFFICER, places["far"]))
    address = reverse("engagement:example", args=[gone.public_id])
    assert client.get(address).status_code == 200
    deliveries = Delivery.objects.filter(post__in=gone.posts.values("post"))
    recall = factories.recalled(unit=places["own"])
    deliveries.update(state=state, recall=recall)

    assert gone.name not in list_names(client)
    sent = client.post(reverse("engagement:use_example", args=[gone.public_id]))
    assert sent.status_code in (302, 404)
    assert not gone.uses.exists()
    client.force_login(factories.person(Role.OFFICER, places["own"]))
    assert client.get(address).context["gone"]


def test_45_examples_stand_on_pages_that_cost_the_same(client, places):
    client.force_login(factories.person(Role.OFFICER, places["own"]))

    def ask(**query) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(LIST, query).status_code == 200
        return len(asked)

    example = factories.example(places["own"], state="nation")
    ask()
    one = ask()
    part = example.posts.get()
    for number in range(44):
        copy = Example.objects.get(pk=example.pk)
        copy.pk = copy.public_id = None
        fields = {
            field.attname: getattr(copy, field.attname)
            for field in Example._meta.concrete_fields
            if field.name not in ("id", "public_id")
        }
        row = Example.objects.create(**{**fields, "name": f"Bài {number}"})
        row.posts.create(post=part.post, revision=part.revision, position=0)

    assert [ask(), ask(page=3)] == [one, one]
    assert len(client.get(LIST, {"page": 3}).context["cards"]) == 45 - 2 * 20


def test_an_example_of_one_post_begins_a_draft_at_one_tap(client, places):
    unit = places["own"]
    two = [factories.live_delivery(unit=places["far"]).post for _ in range(2)]
    rows = {
        "single": factories.example(places["far"], state="nation"),
        "several": factories.example(places["far"], *two, state="nation"),
        "own": factories.example(unit, state="nation"),
    }
    client.force_login(factories.person(Role.OFFICER, unit))
    use = {
        name: f"{reverse('engagement:use_example', args=[row.public_id])}?unit={unit.key}"
        for name, row in rows.items()
    }

    for query in ({}, {"unit": unit.key}, {"unit": unit.key, "level": "nation"}):
        page = client.get(LIST, query).content.decode()
        assert [name for name, way in use.items() if f'action="{way}"' in page] == ["single"]

    client.post(use["single"])
    assert rows["single"].uses.get().unit == unit


def test_who_writes_no_posts_reads_examples_and_begins_none(client, province, places):
    row = factories.example(places["far"], state="nation")
    client.force_login(factories.person(Role.SUPERVISOR, province))

    page = client.get(LIST, {"unit": places["own"].key}).content.decode()

    assert reverse("engagement:example", args=[row.public_id]) in page
    assert reverse("engagement:use_example", args=[row.public_id]) not in page


def test_from_the_composer_the_units_choice_goes_before_the_position(client, places):
    row = factories.example(places["far"], state="nation")
    person = factories.person(Role.OFFICER, places["own"])
    person.appointments.create(
        unit=places["neighbour"], role=Role.OFFICER, valid_from=date(2025, 7, 1)
    )
    client.force_login(person)

    address = reverse("engagement:example", args=[row.public_id])
    chosen = [
        client.get(address, {"unit": places[name].key}).context["units"][0]
        for name in ("own", "neighbour")
    ]

    assert chosen == [places["own"], places["neighbour"]]
