"""The pages of pauses, and what other pages say of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from publishing.models import Pause
from publishing.reconciliation import expiry
from publishing.states import PauseStage, State
from tests import factories
from tests.publishing.pauses.conftest import HOUR, MINUTE, at, filled, fresh, html, sign_in

pytestmark = pytest.mark.django_db


def test_a_chief_pauses_the_unit_in_one_form_and_is_informed_what_it_does(client, world):
    sign_in(client, Role.APPROVER, world.commune)
    world.delivery(due_at=timezone.now() + HOUR)
    page = html(client.get(reverse("publishing:pause_new")))
    assert (
        f"From now on nothing goes out: {world.commune}. It touches 1 unit. 1 scheduled publication"
        in page
    )

    response = client.post(reverse("publishing:pause_new"), filled(), follow=True)

    pause = Pause.objects.get()
    assert response.redirect_chain == [(reverse("publishing:pause", args=[pause.public_id]), 302)]
    assert f"Publishing is paused: {world.commune}." in html(response)
    assert (pause.unit, pause.lasts(timezone.now()), pause.ended_at) == (world.commune, True, None)


def test_the_form_plans_prepares_and_narrows(client, world, now):
    sign_in(client, Role.APPROVER, world.commune)
    narrow = {
        "channel": str(world.channel.public_id),
        "topic": world.topic.code,
        "urgent_passes": "on",
    }
    start = (now + 3 * HOUR).replace(second=0, microsecond=0)
    planned = filled(when="planned", starts_at=at(start), ends_at=at(start + HOUR), **narrow)
    client.post(reverse("publishing:pause_new"), planned)
    client.post(reverse("publishing:pause_new"), filled(when="prepared", starts_at="nonsense"))

    first, second = Pause.objects.order_by("pk")
    assert (first.started_at, first.ended_at) == (start, start + HOUR)
    assert (first.channel, first.topic, first.urgent_passes) == (world.channel, world.topic, True)
    assert (second.stage(timezone.now()), second.channel, second.topic) == (
        PauseStage.PREPARED,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"reason": " "}, "Please write why publishing is paused."),
        ({"when": "planned"}, "Please enter when the pause begins."),
        ({"when": "planned", "starts_at": "2020-01-01T07:00"}, "The start must be later than now."),
        ({"ends_at": "2020-01-01T07:00"}, "The end must be later than now."),
    ],
)
def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(client, world, fields, error):
    sign_in(client, Role.APPROVER, world.commune)
    response = client.post(
        reverse("publishing:pause_new"), filled(**{"reason": "Lý do dài", **fields})
    )
    assert (response.status_code, Pause.objects.count()) == (422, 0)
    assert error in html(response)
    assert fields.get("reason", "Lý do dài").strip() in html(response)


def test_while_the_form_is_filled_in_it_counts_what_it_would_touch(client, world):
    sign_in(client, Role.OVERSEER, world.province)
    world.delivery(due_at=timezone.now() + HOUR)
    world.delivery(due_at=timezone.now() + HOUR, urgent=True)
    world.delivery(due_at=timezone.now() + 25 * HOUR)

    def effect(unit, **fields):
        asked = {"unit": unit.key, **filled(**fields)}
        return html(
            client.get(reverse("publishing:pause_new"), asked, headers={"HX-Request": "true"})
        )

    assert "It touches 3 units. 2 scheduled publications" in effect(world.province)
    assert "It touches 1 unit. 1 scheduled publication " in effect(
        world.commune, urgent_passes="on"
    )
    assert "It touches 1 unit. 0 scheduled publications" in effect(world.sibling)
    assert "It touches 3 units. 0 scheduled publications" in effect(
        world.province, topic=world.other_topic.code
    )


def test_an_overseer_chooses_a_unit_below_by_its_name_and_no_other(client, world):
    sign_in(client, Role.OVERSEER, world.province)
    address = reverse("publishing:pause_new")
    chosen = client.get(address, {"unit": world.commune.name})
    assert chosen.context["unit"] == world.commune
    assert f"?unit={world.commune.key}" in html(chosen)
    foreign = client.post(f"{address}?unit={world.elsewhere.key}", filled())
    assert (foreign.status_code, Pause.objects.count()) == (404, 0)


def test_ending_says_how_much_fell_due_and_leads_to_it(client, world, now):
    leader = sign_in(client, Role.APPROVER, world.commune)
    delivery = world.delivery(due_at=now - MINUTE)
    world.delivery(due_at=now + HOUR)
    pause = factories.pause(world.commune, since=HOUR)
    assert "1 publication fell due meanwhile." in html(
        client.get(reverse("publishing:pause_end", args=[pause.public_id]))
    )

    response = client.post(reverse("publishing:pause_end", args=[pause.public_id]), follow=True)
    assert "The pause has ended. 1 publication fell due meanwhile." in html(response)
    assert f"{reverse('publishing:held')}?pause={pause.public_id}" in html(response)

    expiry.expire()
    response = client.get(reverse("publishing:held"))
    assert [row.pk for row in response.context["page_obj"]] == [delivery.pk]
    client.post(reverse("publishing:leave"), {"deliveries": [delivery.public_id]})
    assert fresh(delivery).left_unpublished_at
    assert list(client.get(reverse("publishing:held")).context["page_obj"]) == []
    of_pause = client.get(reverse("publishing:held"), {"pause": pause.public_id})
    assert [card.status.label for card in of_pause.context["cards"]] == ["Left unpublished"]
    assert leader.pk == fresh(pause).ended_by_id


def test_the_prepared_one_is_started_planned_or_called_off_from_its_page(client, world, now):
    sign_in(client, Role.APPROVER, world.commune)
    first, second, third = (factories.pause(world.commune, since=None) for _ in range(3))
    start = (now + HOUR).replace(second=0, microsecond=0)

    client.post(reverse("publishing:pause_start", args=[first.public_id]), {"ends_at": ""})
    client.post(
        reverse("publishing:pause_change", args=[second.public_id]),
        {"starts_at": at(start), "ends_at": ""},
    )
    client.post(reverse("publishing:pause_discard", args=[third.public_id]))

    stages = [Pause.objects.get(pk=p.pk).stage(timezone.now()) for p in (first, second, third)]
    assert stages == [PauseStage.ACTIVE, PauseStage.PLANNED, PauseStage.DISCARDED]
    page = client.get(reverse("publishing:pauses"))
    assert [p.pk for p in page.context["page_obj"]] == [first.pk, second.pk, third.pk]


def test_the_list_costs_the_same_for_one_pause_and_for_three(client, world):
    sign_in(client, Role.OVERSEER, world.province)
    client.get(reverse("publishing:pauses"))
    costs = []
    for n in (1, 2):
        for _ in range(n):
            factories.pause(world.commune, channel=world.channel, topic=world.topic)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("publishing:pauses"))
        costs.append(len(asked))
    assert costs[0] == costs[1]


TOUCHED = {
    # Who sees the banner of a pause of the commune, and of the province's.
    "an officer there": (Role.OFFICER, "commune", True, True),
    "the administrator of the province": (Role.ADMINISTRATOR, "province", True, True),
    "an officer of the province": (Role.OFFICER, "province", False, True),
    "the next commune": (Role.OFFICER, "sibling", False, True),
    "another province": (Role.OVERSEER, "elsewhere", False, False),
    "the ministry": (Role.OVERSEER, "top", True, True),
}


@pytest.mark.parametrize("case", TOUCHED)
def test_everybody_whom_a_pause_touches_reads_of_it_on_every_page(client, world, case):
    role, place, *expected = TOUCHED[case]
    sign_in(client, role, getattr(world, place))
    ordered_by = factories.UserFactory(full_name="Trần Thị Bình")
    for unit, touched in zip((world.commune, world.province), expected, strict=True):
        pause = factories.pause(unit, reason="Xác minh sự cố", started_by=ordered_by)
        for address in (reverse("oversight:today"), reverse("accounts:me")):
            page = html(client.get(address))
            assert ("Publishing is paused:" in page) is touched
            assert ("Reason: Xác minh sự cố" in page) is touched
            assert (f"Ask Trần Thị Bình, {unit}." in page) is touched
        pause.delete()


def test_the_banner_costs_a_query_and_one_more_with_any_pauses_and_stays_short(client, world):
    sign_in(client, Role.OVERSEER, world.province)
    address = reverse("accounts:me")

    def cost():
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return [q["sql"] for q in asked if "publishing_pause" in q["sql"]]

    client.get(address)
    assert len(cost()) == 1
    for n in (1, 4):
        for _ in range(n):
            factories.pause(world.commune, channel=world.channel, topic=world.topic)
        assert len(cost()) == 2
    page = html(client.get(address))
    assert (page.count('class="pause-line"'), "3 more pauses" in page) == (2, True)


def test_no_page_speaks_of_pauses_that_are_prepared_or_over(client, world, now):
    sign_in(client, Role.OFFICER, world.commune)
    factories.pause(world.commune, since=None)
    factories.pause(world.commune, since=2 * HOUR, ended_at=now - HOUR)
    factories.pause(world.commune, started_at=now + 48 * HOUR)
    assert "pause-banner" not in html(client.get(reverse("oversight:today")))
    factories.pause(world.commune, started_at=now + 3 * HOUR)
    assert "A pause of publishing is planned:" in html(client.get(reverse("oversight:today")))


def test_the_pages_of_a_touched_post_say_paused(client, world, now):
    sign_in(client, Role.APPROVER, world.commune)
    delivery = world.delivery(due_at=now + HOUR)
    submitted = factories.submitted(
        unit=world.commune, channels=[world.channel], topic=world.topic, requested_time=now + HOUR
    )
    free = factories.approved(unit=world.commune, channels=[world.channel], topic=world.topic)
    factories.pause(world.province, reason="Xác minh sự cố", topic=world.topic)

    page = html(client.get(reverse("publishing:post", args=[delivery.post.public_id])))
    assert page.count("Paused: Xác minh sự cố.") == 2  # the post's own line, and the channel's
    assert "Will be published" not in page
    day = timezone.localdate(delivery.due_at).isoformat()
    calendar = client.get(reverse("publishing:calendar"), {"date": day, "view": "week"})
    events = [event for group in calendar.context["days"] for event in group.events]
    assert [event["state"] for event in events] == ["Paused"]
    assert "Paused: Xác minh sự cố." in html(
        client.get(reverse("publishing:review", args=[submitted.public_id]))
    )

    form = {"due_at": at(now + 2 * HOUR), "channels": [world.channel.public_id]}
    schedule = reverse("publishing:schedule", args=[free.public_id])
    assert "Paused: Xác minh sự cố." in html(
        client.get(schedule, form, headers={"HX-Request": "true"})
    )
    response = client.post(schedule, form, follow=True)
    assert free.deliveries.count() == 1
    assert html(response).count("Paused: Xác minh sự cố.") == 2


def test_what_fell_due_waits_on_today_and_is_left_from_the_post(client, world, now):
    sign_in(client, Role.OFFICER, world.commune)
    delivery = world.delivery(due_at=now - MINUTE, state=State.EXPIRED, error_code="paused")
    today = client.get(reverse("oversight:today"))
    assert [(d.pk, d.status.label) for d in today.context["troubles"].rows] == [
        (delivery.pk, "Please decide")
    ]

    page = html(client.get(reverse("publishing:post", args=[delivery.post.public_id])))
    assert "It fell due during a pause" in page
    assert "Leave it unpublished" in page
    left = {"deliveries": [delivery.public_id], "post": delivery.post.public_id}
    response = client.post(reverse("publishing:leave"), left, follow=True)
    assert "was left unpublished" in html(response)
    assert not client.get(reverse("oversight:today")).context["troubles"]


def test_nobody_leaves_what_is_not_theirs_to_schedule(client, world):
    delivery = world.delivery(state=State.EXPIRED, error_code="paused")
    for role, unit in ((Role.OVERSEER, world.province), (Role.OFFICER, world.sibling)):
        sign_in(client, role, unit)
        client.post(reverse("publishing:leave"), {"deliveries": [delivery.public_id]})
    both = sign_in(client, Role.OVERSEER, world.province)  # who sees it, and schedules elsewhere
    both.appointments.create(unit=world.sibling, role=Role.OFFICER)
    assert (
        client.post(reverse("publishing:leave"), {"deliveries": [delivery.public_id]}).status_code
        == 403
    )
    assert fresh(delivery).error_code == "paused"


OWN_PAGE = {
    "active": (HOUR, ["pause_end", "pause_change"]),
    "prepared": (None, ["pause_start", "pause_change", "pause_discard"]),
}


@pytest.mark.parametrize("case", OWN_PAGE)
def test_the_page_of_a_pause_offers_its_acts_to_who_may_and_to_nobody_else(client, world, case):
    since, acts = OWN_PAGE[case]
    pause = factories.pause(world.commune, since=since)
    addresses = [f'href="{reverse(f"publishing:{act}", args=[pause.public_id])}"' for act in acts]
    for role, expected in ((Role.APPROVER, True), (Role.OFFICER, False)):
        sign_in(client, role, world.commune)
        page = html(client.get(reverse("publishing:pause", args=[pause.public_id])))
        assert [address in page for address in addresses] == [expected] * len(acts)


def test_what_is_exchanged_while_a_pause_is_filled_in_holds_no_button(client, world):
    sign_in(client, Role.APPROVER, world.commune)
    part = html(
        client.get(reverse("publishing:pause_new"), filled(), headers={"HX-Request": "true"})
    )
    assert 'id="effect"' in part
    assert "<button" not in part
