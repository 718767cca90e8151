"""The ledger, the list of recalls, the recall of a campaign, and the task by hand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from channels.states import Health
from publishing.models import Delivery, Recall
from publishing.recalls import report
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db
WHY = "Số điện thoại trong bài sai"


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def unit(province):
    return factories.UnitFactory(parent=province)


def sign_in(client, role, unit):
    user = factories.person(role, unit, language="en")
    client.force_login(user)
    return user


def fill(recall, pages=1, **fields):
    """Add pages to the report of a recall, all alike."""
    made = []
    for _ in range(pages):
        post = factories.approved(unit=fields.pop("unit", recall.unit))
        made.append(factories.delivery(post, **{"recall": recall, **fields}))
    return made


@pytest.fixture
def recall(unit):
    post = factories.approved(unit=unit)
    return Recall.objects.create(
        unit=unit,
        post=post,
        reason=WHY,
        by=factories.person(Role.APPROVER, unit),
        position="Trưởng Công an phường",
        started_at=timezone.now(),
    )


def read(client, recall, query="", **headers):
    return client.get(
        reverse("publishing:recall_ledger", args=[recall.public_id]) + query, headers=headers
    )


NOW = timezone.now()
SEEN = {"published_at": NOW, "remote_id": "1_1"}


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"state": State.RECALLED, **SEEN}, "gone"),
        ({"state": State.RECALLED, "error_code": "by_hand", **SEEN}, "gone"),
        ({"state": State.RECALLED, "error_code": "hidden", **SEEN}, "hidden"),
        ({"state": State.RECALLED}, "never"),
        ({"state": State.CANCELLED}, "never"),
        ({"state": State.FAILED}, "never"),
        ({"state": State.RECALLING, "verify_at": NOW, **SEEN}, "going"),
        ({"state": State.PUBLISHED, **SEEN}, "going"),
        ({"state": State.VERIFYING}, "under_way"),
        ({"state": State.COMMITTING, "lease_until": NOW}, "under_way"),
        ({"state": State.NEEDS_PERSON, "manual_deadline": NOW + timedelta(hours=1)}, "by_hand"),
        ({"state": State.NEEDS_PERSON, "manual_deadline": NOW - timedelta(hours=1)}, "overdue"),
    ],
)
def test_each_state_has_one_outcome(recall, fields, outcome):
    fill(recall, **fields)
    rows = report.report_rows(recall, recall.by, now=timezone.now())
    assert report.report_counts(rows) == {outcome: 1}


def test_a_page_whose_connection_is_lost_waits(recall):
    (row,) = fill(recall, state=State.RECALLING, **SEEN)
    row.channel.health = Health.LOST
    row.channel.save()
    assert report.report_counts(report.report_rows(recall, recall.by, now=timezone.now())) == {
        "waiting": 1
    }


def test_the_ledger_says_what_why_who_and_what_became_of_each_page(client, recall):
    fill(recall, state=State.RECALLING, **SEEN)
    fill(recall, 2, state=State.CANCELLED)
    client.force_login(recall.by)

    response = read(client, recall)

    html = response.content.decode()
    assert all(words in html for words in (WHY, recall.position, str(recall.by), str(recall.post)))
    assert [(outcome.key, n) for outcome, n in response.context["outcomes"]] == [
        ("never", 2),
        ("going", 1),
    ]
    assert (response.context["done"], response.context["total"]) == (2, 3)
    assert 'hx-trigger="every 2s"' in html


def test_a_ledger_that_is_done_asks_no_more(client, recall):
    fill(recall, state=State.RECALLED, **SEEN)
    client.force_login(recall.by)
    after = read(client, recall).content.decode().partition('id="ledger"')[2]
    assert "hx-trigger" not in after.partition("</main>")[0]


def test_the_moving_part_is_sent_only_when_something_changed(client, recall):
    (row,) = fill(recall, state=State.RECALLING, **SEEN)
    client.force_login(recall.by)
    stamp = read(client, recall).context["stamp"]
    same = read(client, recall, f"?seen={stamp}", HX_Request="true")
    Delivery.objects.filter(pk=row.pk).update(state=State.RECALLED)
    other = read(client, recall, f"?seen={stamp}", HX_Request="true")
    assert (same.status_code, other.status_code) == (204, 200)
    assert "<html" not in other.content.decode()


def test_the_ledger_is_filtered_by_outcome_and_paged(client, recall):
    fill(recall, 3, state=State.CANCELLED)
    (going,) = fill(recall, state=State.RECALLING, **SEEN)
    client.force_login(recall.by)
    response = read(client, recall, "?outcome=going")
    assert list(response.context["page_obj"]) == [going]
    assert response.context["total"] == 4


def test_an_overdue_task_stands_out_and_leads_to_the_confirmation(client, recall, unit):
    task = {
        "state": State.NEEDS_PERSON,
        "error_code": "withdraw_failed",
        "manual_deadline": NOW - timedelta(hours=1),
    }
    (row,) = fill(recall, **task, **SEEN)
    sign_in(client, Role.OFFICER, unit)
    response = read(client, recall)
    assert response.context["overdue"] == 1
    assert reverse("publishing:decide", args=[row.public_id]) in response.content.decode()


def test_the_list_shows_the_persons_own_ground(client, recall, unit):
    fill(recall, state=State.RECALLING, **SEEN)
    foreign = factories.recalled()
    sign_in(client, Role.OFFICER, unit)
    response = client.get(reverse("publishing:recall_list"))
    assert list(response.context["page_obj"]) == [recall]
    assert str(foreign.public_id) not in response.content.decode()


def test_an_empty_list_teaches(client, unit):
    sign_in(client, Role.OFFICER, unit)
    assert (
        "Nothing was recalled yet" in client.get(reverse("publishing:recall_list")).content.decode()
    )


@pytest.mark.parametrize("what", ["list", "ledger"])
def test_pages_cost_the_same_queries_for_one_row_and_for_three(client, unit, recall, what):
    client.force_login(recall.by)

    def cost():
        address = reverse("publishing:recall_list") if what == "list" else None
        with CaptureQueriesContext(connection) as queries:
            client.get(address) if address else read(client, recall)
        return len(queries)

    fill(recall, state=State.RECALLING, **SEEN)
    cost()  # the first request of a session asks more
    one = cost()
    fill(recall, 2, state=State.CANCELLED)
    for _ in range(2):
        factories.recalled(unit=unit)
    assert cost() == one


# --- Recalling a campaign -------------------------------------------------------------------------


@pytest.fixture
def campaign(province, unit):
    made = factories.CampaignFactory(unit=province)
    for number, home in enumerate([unit, factories.UnitFactory(parent=province)]):
        post = factories.approved(unit=home, campaign=made)
        factories.delivery(post, state=State.PUBLISHED, published_at=NOW, remote_id=f"7_{number}")
        factories.delivery(post, factories.ChannelFactory(unit=home, platform="zalo"))
    return made


def address(campaign):
    return reverse("publishing:recall_campaign", args=[campaign.public_id])


@pytest.mark.parametrize(
    ("role", "reach"),
    [
        (Role.OVERSEER, {"posts": 2, "pages": 4, "live": 2, "on_their_way": 2, "units": 2}),
        (Role.APPROVER, {"posts": 1, "pages": 2, "live": 1, "on_their_way": 1, "units": 1}),
    ],
)
def test_the_page_says_how_far_a_recall_reaches(client, campaign, province, unit, role, reach):
    sign_in(client, role, province if role == Role.OVERSEER else unit)
    context = client.get(address(campaign)).context
    assert {name: context[name] for name in reach} == reach


def test_a_recall_of_a_campaign_needs_a_reason_and_leads_to_its_ledger(client, campaign, province):
    sign_in(client, Role.OVERSEER, province)
    assert client.post(address(campaign), {"reason": " "}).status_code == 422
    assert Recall.objects.count() == 0

    response = client.post(address(campaign), {"reason": WHY})

    made = Recall.objects.get()
    assert response["Location"] == reverse("publishing:recall_ledger", args=[made.public_id])
    assert made.deliveries.count() == 4


def test_a_campaign_without_anything_to_recall_says_so(client, province):
    sign_in(client, Role.OVERSEER, province)
    empty = factories.CampaignFactory(unit=province)
    assert "There is nothing to recall" in client.get(address(empty)).content.decode()
    assert client.post(address(empty), {"reason": WHY}).status_code == 409


def test_the_campaigns_page_offers_the_recall_to_those_who_may(client, campaign, province, unit):
    offered = []
    for role, desk in ((Role.OVERSEER, province), (Role.APPROVER, unit), (Role.OFFICER, unit)):
        sign_in(client, role, desk)
        page = client.get(reverse("engagement:campaign", args=[campaign.public_id]))
        offered.append(address(campaign) in page.content.decode())
    assert offered == [True, True, False]


# --- From the post, and the task by hand ----------------------------------------------------------


def test_recalling_one_page_leads_to_the_ledger_and_back(client, unit):
    sign_in(client, Role.APPROVER, unit)
    row = factories.delivery(factories.approved(unit=unit), state=State.PUBLISHED, **SEEN)
    response = client.post(reverse("publishing:recall", args=[row.public_id]), {"reason": WHY})
    ledger_address = reverse("publishing:recall_ledger", args=[Recall.objects.get().public_id])
    assert response["Location"] == ledger_address
    post_page = client.get(reverse("publishing:post", args=[row.post.public_id]))
    assert ledger_address in post_page.content.decode()


def test_a_post_that_becomes_visible_while_it_is_withdrawn_is_taken_down(client, unit):
    sign_in(client, Role.APPROVER, unit)
    row = factories.delivery(factories.approved(unit=unit), state=State.COMMITTING, lease_until=NOW)
    client.post(reverse("publishing:withdraw", args=[row.post.public_id]), {"reason": WHY})
    row.refresh_from_db()
    assert row.recall == Recall.objects.get()


@pytest.mark.parametrize(
    ("seen", "state", "code"),
    [("absent", State.RECALLED, "by_hand"), ("stands", State.PUBLISHED, "")],
)
def test_an_officer_confirms_a_manual_task(client, recall, unit, seen, state, code):
    task = {"state": State.NEEDS_PERSON, "error_code": "withdraw_by_hand", "manual_deadline": NOW}
    (row,) = fill(recall, **task, permalink="https://platform.example/1", **SEEN)
    sign_in(client, Role.OFFICER, unit)
    page = reverse("publishing:decide", args=[row.public_id])
    assert "The post is gone from the page" in client.get(page).content.decode()

    client.post(page, {"seen": seen})

    row.refresh_from_db()
    assert (row.state, row.error_code) == (state, code)
    assert (row.permalink, row.published_at) == ("https://platform.example/1", NOW)
