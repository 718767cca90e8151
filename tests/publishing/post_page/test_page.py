from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from campaigns.kits.models import Adoption
from posts.review import decisions
from posts.states import PostState
from publishing.deliveries.transitions import move
from publishing.models import Attempt, Delivery
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.pages import one_line

pytestmark = pytest.mark.django_db


def local(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def in_days(n):
    return (timezone.now() + timedelta(days=n)).replace(second=0, microsecond=0)


def published(post, channel=None, **fields):
    now = timezone.now()
    values = {
        "state": State.PUBLISHED,
        "remote_id": f"{post.pk}_1",
        "published_at": now,
        "due_at": now,
    }
    return factories.delivery(post, channel, **{**values, **fields})


@pytest.fixture
def unit():
    return factories.UnitFactory()


def sign_in(client, role, unit):
    user = factories.person(role, unit, language="en")
    client.force_login(user)
    return user


@pytest.fixture
def officer(client, unit):
    return sign_in(client, Role.OFFICER, unit)


@pytest.fixture
def approver(client, unit):
    return sign_in(client, Role.APPROVER, unit)


def page(client, post, **headers):
    return client.get(reverse("publishing:post", args=[post.public_id]), headers=headers)


def links(response, name, *things):
    html = response.content.decode()
    return [reverse(f"publishing:{name}", args=[thing.public_id]) in html for thing in things]


# --- The page -------------------------------------------------------------------------------------


def test_an_approved_post_says_that_it_has_no_time_yet_and_offers_to_schedule_it(
    client, unit, officer
):
    post = factories.approved(unit=unit)

    response = page(client, post)

    assert response.context["next_step"].sentence.startswith("Approved, with no time set.")
    assert links(response, "schedule", post) == [True]


@pytest.mark.clock("2030-11-25 08:00")
def test_the_page_says_when_and_on_how_many_channels_a_post_goes_out(client, unit, officer):
    channels = [
        factories.ChannelFactory(unit=unit),
        factories.ChannelFactory(unit=unit, platform="zalo"),
    ]
    post = factories.approved(unit=unit, channels=channels)
    due_at = timezone.make_aware(timezone.datetime(2030, 12, 2, 7, 0))
    scheduling.schedule(post, by=officer, due_at=due_at)

    sentence = page(client, post).context["next_step"].sentence

    assert sentence == "Will be published at 07:00 Monday 02/12/2030 on 2 channels."


def test_a_withdrawn_post_reports_why(client, unit, officer):
    post = factories.approved(unit=unit)
    decisions.withdraw(
        post, by=factories.person(Role.APPROVER, unit), reason="Số liệu chưa công bố"
    )

    assert page(client, post).context["next_step"].sentence == "Withdrawn: Số liệu chưa công bố."


def test_an_overseer_reads_and_withdraws_but_neither_edits_nor_schedules(client, unit):
    post = factories.approved(unit=unit)
    waiting = factories.delivery(post, due_at=in_days(1))
    sign_in(client, Role.OVERSEER, unit.parent)

    response = page(client, post)

    html = response.content.decode()
    assert links(response, "withdraw", post) == [True]
    assert links(response, "move", waiting) + links(response, "cancel", waiting) == [False, False]
    assert reverse("publishing:reopen", args=[post.public_id]) not in html


def test_a_post_of_another_unit_is_not_found(client, officer):
    assert page(client, factories.approved()).status_code == 404


def test_a_live_link_opens_in_a_new_tab_without_handing_over_the_portals_window(
    client, unit, officer
):
    post = factories.approved(unit=unit)
    published(post, permalink="https://facebook.com/1/posts/2")

    html = one_line(page(client, post).content.decode())

    assert 'href="https://facebook.com/1/posts/2" target="_blank" rel="noopener noreferrer"' in html


def test_the_fragment_is_sent_only_when_something_has_changed(client, unit, officer):
    post = factories.approved(unit=unit)
    delivery = factories.delivery(post, state=State.VERIFYING, verify_at=in_days(1))
    stamp = page(client, post).context["stamp"]
    address = reverse("publishing:post", args=[post.public_id])
    ask = {"data": {"seen": stamp}, "headers": {"HX-Request": "true"}}

    assert client.get(address, **ask).status_code == 204
    move(delivery, State.NEEDS_PERSON)
    changed = client.get(address, **ask)
    assert changed.status_code == 200
    assert [t.name for t in changed.templates][:1] == ["post"]
    assert "<html" not in changed.content.decode()


@pytest.mark.parametrize(
    ("fields", "polls"),
    [
        ({"state": State.VERIFYING}, True),
        ({"state": State.SCHEDULED, "due_at": timezone.now() + timedelta(days=2)}, False),
        ({"state": State.SCHEDULED}, True),
        ({"state": State.FAILED, "error_code": "refused"}, False),
    ],
)
def test_the_page_refreshes_itself_only_while_something_moves(client, unit, officer, fields, polls):
    post = factories.approved(unit=unit)
    factories.delivery(post, **fields)

    assert ("every 5s" in page(client, post).content.decode()) == polls


def test_the_page_costs_as_many_queries_with_three_channels_as_with_one(
    client, unit, approver, django_assert_max_num_queries
):
    def cost(channels):
        post = factories.approved(unit=unit, channels=channels)
        for channel in channels:
            delivery = factories.delivery(post, channel, due_at=in_days(1))
            Attempt.objects.create(
                delivery=delivery, number=1, started_at=timezone.now(), outcome="later"
            )
        with django_assert_max_num_queries(40) as seen:
            page(client, post)
        return len(seen)

    client.get(reverse("publishing:calendar"))  # the first request of a session also writes it down
    one = cost([factories.ChannelFactory(unit=unit)])
    assert cost([factories.ChannelFactory(unit=unit) for _ in range(3)]) == one


def test_the_audit_trail_is_for_those_who_may_read_it(client, unit, officer):
    post = factories.approved(unit=unit)
    delivery = scheduling.schedule(post, by=officer, due_at=in_days(1))[0]
    scheduling.cancel(delivery, by=officer, reason="Đổi kế hoạch")

    assert page(client, post).context["record"] == []
    sign_in(client, Role.APPROVER, unit)
    record = page(client, post).context["record"]
    assert [(line.action, line.reason) for line in record] == [
        ("cancelled", "Đổi kế hoạch"),
        ("scheduled", ""),
    ]
    assert record[0].page == f"Facebook page {unit.name}"


def test_a_deliverys_address_leads_to_its_place_on_the_page_of_its_post(client, unit, officer):
    delivery = factories.delivery(factories.approved(unit=unit))

    response = client.get(reverse("publishing:delivery", args=[delivery.public_id]))

    place = f"{reverse('publishing:post', args=[delivery.post.public_id])}#delivery-{
        delivery.public_id
    }"
    assert response["Location"] == place


# --- Schedule -------------------------------------------------------------------------------------


def schedule(client, post, channels, **data):
    data["channels"] = [str(c.public_id) for c in channels]
    return client.post(reverse("publishing:schedule", args=[post.public_id]), data)


def test_scheduling_sends_all_chosen_channels_at_one_time_and_says_so(client, unit, officer):
    channels = [factories.ChannelFactory(unit=unit) for _ in range(3)]
    post = factories.approved(unit=unit, channels=channels)

    response = schedule(client, post, channels[:2], due_at=local(in_days(1)))

    assert response["Location"] == reverse("publishing:post", args=[post.public_id])
    found = Delivery.objects.order_by("channel").values_list("channel", "due_at")
    assert list(found) == [(c.pk, in_days(1)) for c in channels[:2]]


def test_a_channel_may_have_a_time_of_its_own(client, unit, officer):
    first, second = (factories.ChannelFactory(unit=unit) for _ in range(2))
    post = factories.approved(unit=unit, channels=[first, second])
    own = {f"at_{second.public_id}": local(in_days(2))}

    schedule(client, post, [first, second], due_at=local(in_days(1)), **own)

    assert dict(Delivery.objects.values_list("channel", "due_at")) == {
        first.pk: in_days(1),
        second.pk: in_days(2),
    }


def test_publish_now_needs_no_time(client, unit, officer):
    post = factories.approved(unit=unit)

    schedule(client, post, [post.targets.get().channel], now="1")

    assert Delivery.objects.get().due_at <= timezone.now()


@pytest.mark.parametrize(
    ("due_at", "error"),
    [
        ("", "Please enter the time of publication."),
        (
            local(timezone.now() - timedelta(days=1)),
            "The time of publication must be later than now.",
        ),
    ],
)
def test_a_missing_or_past_time_is_refused_beside_the_field(client, unit, officer, due_at, error):
    post = factories.approved(unit=unit)

    response = schedule(client, post, [post.targets.get().channel], due_at=due_at)

    assert response.status_code == 422
    assert response.context["form"].errors == {"due_at": [error]}
    assert not Delivery.objects.exists()


def test_a_time_after_the_posts_validity_is_refused_beside_the_field(client, unit, officer):
    post = factories.approved(unit=unit, valid_until=in_days(2))

    response = schedule(client, post, [post.targets.get().channel], due_at=local(in_days(3)))

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["due_at"])


def test_nothing_typed_is_lost_when_no_channel_is_chosen(client, unit, officer):
    post = factories.approved(unit=unit)

    response = schedule(client, post, [], due_at="2031-05-06T07:08")

    assert response.context["form"].errors == {"channels": ["No channel is chosen."]}
    assert 'value="06/05/2031"' in response.content.decode()
    assert 'value="07:08"' in response.content.decode()


def test_the_form_says_what_would_happen_before_it_happens(client, unit, officer):
    channels = [factories.ChannelFactory(unit=unit) for _ in range(2)]
    post = factories.approved(unit=unit, channels=channels)
    asked = {"due_at": "2030-12-02T07:00", "channels": [str(c.public_id) for c in channels]}

    address = reverse("publishing:schedule", args=[post.public_id])
    response = client.get(address, asked, headers={"HX-Request": "true"})

    assert (
        "Will be published at 07:00 Monday 02/12/2030 on 2 channels." in response.content.decode()
    )
    assert not Delivery.objects.exists()


def test_a_channel_whose_delivery_failed_can_be_scheduled_again_and_a_live_one_cannot(
    client, unit, officer
):
    failed, live = (factories.ChannelFactory(unit=unit) for _ in range(2))
    post = factories.approved(unit=unit, channels=[failed, live])
    factories.delivery(post, failed, state=State.FAILED, error_code="refused")
    published(post, live)

    response = client.get(reverse("publishing:schedule", args=[post.public_id]))
    assert list(response.context["form"].fields["channels"].queryset) == [failed]

    schedule(client, post, [failed], due_at=local(in_days(1)))
    assert Delivery.objects.get(channel=failed, state=State.SCHEDULED).due_at == in_days(1)
    assert schedule(client, post, [failed], due_at=local(in_days(2))).status_code == 302
    assert Delivery.objects.filter(state=State.SCHEDULED).count() == 1


def test_an_overseer_may_not_schedule(client, unit):
    post = factories.approved(unit=unit)
    sign_in(client, Role.OVERSEER, unit.parent)

    assert schedule(client, post, [post.targets.get().channel], now="1").status_code == 403


# --- Move, cancel, recall, withdraw ---------------------------------------------------------------


def act(client, name, delivery, **data):
    return client.post(reverse(f"publishing:{name}", args=[delivery.public_id]), data)


def test_moving_changes_the_time(client, unit, officer):
    delivery = factories.delivery(factories.approved(unit=unit), due_at=in_days(1))
    then = in_days(3)

    act(client, "move", delivery, due_at=local(then))

    delivery.refresh_from_db()
    assert (delivery.due_at, delivery.fire_at) == (then, then)


def test_moving_into_the_past_is_refused_beside_the_field(client, unit, officer):
    delivery = factories.delivery(factories.approved(unit=unit), due_at=in_days(1))

    response = act(client, "move", delivery, due_at=local(in_days(-1)))

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["due_at"])


def test_what_is_in_hand_can_no_longer_be_moved_nor_cancelled(client, unit, officer):
    busy = {"state": State.COMMITTING, "lease_until": in_days(1), "committing_at": timezone.now()}
    delivery = factories.delivery(factories.approved(unit=unit), **busy)

    assert act(client, "move", delivery, due_at=local(in_days(1))).status_code == 409
    assert act(client, "cancel", delivery).status_code == 409
    delivery.refresh_from_db()
    assert delivery.state == State.COMMITTING


def test_cancelling_keeps_the_reason_on_record(client, unit, officer):
    delivery = factories.delivery(factories.approved(unit=unit), due_at=in_days(1))

    act(client, "cancel", delivery, reason="Đổi kế hoạch")

    delivery.refresh_from_db()
    assert delivery.state == State.CANCELLED
    assert Entry.objects.get(action="delivery.cancelled").reason == "Đổi kế hoạch"


def test_a_recall_needs_a_reason(client, unit, approver):
    delivery = published(factories.approved(unit=unit))

    assert act(client, "recall", delivery, reason=" ").status_code == 422
    act(client, "recall", delivery, reason="Sai số liệu")
    delivery.refresh_from_db()
    assert delivery.state == State.RECALLING


def test_an_officer_may_not_recall(client, unit, officer):
    assert (
        act(client, "recall", published(factories.approved(unit=unit)), reason="x").status_code
        == 403
    )


@pytest.mark.parametrize(("take_down", "state"), [("on", State.RECALLING), ("", State.PUBLISHED)])
def test_withdrawing_a_post_takes_it_down_too_when_asked(client, unit, approver, take_down, state):
    channels = [factories.ChannelFactory(unit=unit) for _ in range(2)]
    post = factories.approved(unit=unit, channels=channels)
    out = published(post, channels[0])
    waiting = factories.delivery(post, channels[1], due_at=in_days(1))
    data = {"reason": "Sai số liệu", "take_down": take_down}

    client.post(reverse("publishing:withdraw", args=[post.public_id]), data)

    for row in (post, out, waiting):
        row.refresh_from_db()
    assert (post.state, out.state, waiting.state) == (PostState.WITHDRAWN, state, State.CANCELLED)


def test_withdrawing_without_a_reason_changes_nothing(client, unit, approver):
    post = factories.approved(unit=unit)

    response = client.post(reverse("publishing:withdraw", args=[post.public_id]), {"reason": ""})

    post.refresh_from_db()
    assert (response.status_code, post.state) == (422, PostState.APPROVED)


def test_opening_for_editing_stops_what_is_scheduled_and_leads_to_the_editor(client, unit, officer):
    post = factories.approved(unit=unit)
    waiting = factories.delivery(post, due_at=in_days(1))

    response = client.post(reverse("publishing:reopen", args=[post.public_id]))

    for row in (post, waiting):
        row.refresh_from_db()
    assert (post.state, waiting.state) == (PostState.DRAFT, State.CANCELLED)
    assert response["Location"] == reverse("posts:edit", args=[post.public_id])


# --- A person looks -------------------------------------------------------------------------------


@pytest.fixture
def unknown(unit):
    values = {
        "state": State.NEEDS_PERSON,
        "error_code": "unknown",
        "committing_at": timezone.now(),
        "attempt": 1,
    }
    return factories.delivery(factories.approved(unit=unit), **values)


def test_the_page_leads_to_the_decision_as_its_primary_action(client, officer, unknown):
    response = page(client, unknown.post)

    assert response.context["to_decide"] == unknown
    assert response.context["next_step"].sentence == "1 channel needs somebody to look at the page."


def test_the_screen_shows_what_to_look_for(client, officer, unknown):
    html = client.get(reverse("publishing:decide", args=[unknown.public_id])).content.decode()

    assert "Công an không yêu cầu chuyển tiền qua điện thoại." in html


def test_a_live_post_is_published_with_the_link_that_was_seen(client, officer, unknown):
    act(client, "decide", unknown, seen="stands", permalink="https://facebook.com/1/posts/9")

    unknown.refresh_from_db()
    assert (unknown.state, unknown.permalink) == (
        State.PUBLISHED,
        "https://facebook.com/1/posts/9",
    )


@pytest.mark.parametrize(
    ("receipt", "source"),
    [({}, "seen"), ({"remote_id": "1_9"}, "platform"), ({"receipt_source": "posted"}, "posted")],
    ids=["nobody had said so", "the platform had", "a colleague had"],
)
def test_who_sees_it_gives_the_receipt_only_where_nobody_has_before(
    client, officer, unknown, receipt, source
):
    type(unknown).objects.filter(pk=unknown.pk).update(**receipt)

    act(client, "decide", unknown, seen="stands")

    unknown.refresh_from_db()
    assert (unknown.state, unknown.receipt_source) == (State.PUBLISHED, source)
    assert unknown.remote_id == receipt.get("remote_id", "")


def test_a_post_that_is_not_there_has_failed_and_can_be_scheduled_again(client, officer, unknown):
    act(client, "decide", unknown, seen="absent")

    unknown.refresh_from_db()
    assert (unknown.state, unknown.error_code) == (State.FAILED, "not_there")
    assert [c.pk for c in page(client, unknown.post).context["open_channels"]] == [
        unknown.channel_id
    ]


def test_a_decision_needs_an_answer_and_a_real_link(client, officer, unknown):
    assert list(act(client, "decide", unknown).context["form"].errors) == ["seen"]
    wrong = act(client, "decide", unknown, seen="stands", permalink="javascript:alert(1)")
    assert list(wrong.context["form"].errors) == ["permalink"]
    unknown.refresh_from_db()
    assert unknown.state == State.NEEDS_PERSON


def test_a_second_decision_changes_nothing(client, officer, unknown):
    act(client, "decide", unknown, seen="stands")
    act(client, "decide", unknown, seen="absent")

    unknown.refresh_from_db()
    assert unknown.state == State.PUBLISHED


def test_another_units_officer_cannot_decide(client, unknown):
    sign_in(client, Role.OFFICER, factories.UnitFactory())

    assert act(client, "decide", unknown, seen="absent").status_code == 404


def test_the_page_says_which_warnings_author_and_approver_passed_over(client, unit, approver):
    soon = timezone.localdate() + timedelta(days=9)
    officer = factories.person(Role.OFFICER, unit)
    post = factories.PostFactory(
        unit=unit, author=officer, legal_basis="Nghị định 282/2025/NĐ-CP", legal_until=soon
    )
    page = reverse("publishing:post", args=[post.public_id])

    def said() -> str:
        return one_line(client.get(page).content.decode())

    assert "Warnings passed over" not in said()
    decisions.submit(post, by=officer)
    assert "(the author saw it and submitted)" in said()
    assert "the approver saw it" not in said()

    decisions.approve(post, post.current_revision, by=approver, proof=factories.proof())
    assert "(the author saw it and submitted; the approver saw it and approved)" in said()

    # A warning is about what was submitted: of a draft that is edited again it says nothing.
    decisions.reopen(post, by=officer)
    assert "Warnings passed over" not in said()


def test_a_warning_that_does_not_apply_any_more_is_counted(client, unit, approver, monkeypatch):
    soon = timezone.localdate() + timedelta(days=9)
    officer = factories.person(Role.OFFICER, unit)
    post = factories.PostFactory(
        unit=unit, author=officer, legal_basis="Nghị định 282/2025/NĐ-CP", legal_until=soon
    )
    decisions.submit(post, by=officer)
    monkeypatch.setattr("publishing.post_page.cards.find_findings", lambda *_: [])

    page = client.get(reverse("publishing:post", args=[post.public_id]))

    assert "1 more warning of that time does not apply any more." in one_line(page.content.decode())


def test_what_else_may_be_done_is_one_tap_from_the_head_of_the_page(client, unit, approver):
    post = factories.approved(unit=unit)
    published(post)
    address = reverse("publishing:post", args=[post.public_id])

    page = client.get(address).content.decode()
    client.force_login(factories.person(Role.SUPERVISOR, unit, language="en"))
    readers_page = client.get(address).content.decode()

    assert ('href="#acts"' in page, 'id="acts" tabindex="-1"' in page) == (True, True)
    assert ('href="#acts"' in readers_page, 'id="acts"' in readers_page) == (False, False)


def test_a_post_that_was_taken_down_is_not_linked_where_it_stood(client, officer, unit):
    post = factories.approved(unit=unit)
    row = published(post, permalink="https://platform.example/1")
    page = reverse("publishing:post", args=[post.public_id])
    before = client.get(page).text

    Delivery.objects.filter(pk=row.pk).update(state=State.RECALLED)
    after = client.get(page).text

    address = row.permalink
    assert (address in before, address in after) == (True, False)
    assert "Facebook</strong>" in after


def test_a_withdrawal_names_the_channels_where_the_post_may_stand(client, approver, unit):
    post = factories.approved(unit=unit)
    published(post)
    factories.delivery(post, factories.ChannelFactory(unit=unit), state=State.VERIFYING)

    page = client.get(reverse("publishing:withdraw", args=[post.public_id])).text

    assert "The post stands on 1 channel now. On 1 channel it may stand" in page


# --- One list of channels -------------------------------------------------------------------------


def test_each_channel_stands_once_in_the_order_of_the_composer(client, unit, officer):
    platforms = ("telegram", "zalo", "facebook", "tiktok")
    channels = [factories.ChannelFactory(unit=unit, platform=name) for name in platforms]
    post = factories.approved(unit=unit, channels=channels)
    for channel in channels[:3]:
        factories.delivery(post, channel, due_at=in_days(1))
    factories.delivery(post, channels[0], state=State.CANCELLED)

    shown = page(client, post).context["channels"]

    labels = ["Facebook", "Zalo OA", "TikTok", "Telegram"]
    assert [channel.label for channel in shown] == labels
    assert [bool(channel.newest) for channel in shown] == [True, True, False, True]
    assert all(channel.target["platform"] == channel.platform for channel in shown)


def test_a_channel_that_is_left_out_is_named_with_the_reason(client, unit, officer):
    facebook = factories.ChannelFactory(unit=unit)
    draft = factories.PostFactory(unit=unit, author=officer, channels=[facebook])
    zalo = factories.ChannelFactory(unit=unit, platform="zalo")
    telegram = factories.ChannelFactory(unit=unit, platform="telegram")
    draft.targets.create(channel=zalo, is_on=False)
    draft.targets.create(channel=telegram, is_on=False, switched_by_person=True)

    shown = page(client, factories.submitted(draft))

    assert [channel.platform for channel in shown.context["channels"]] == ["facebook"]
    left_out = [
        (left_out.channel, left_out.is_missing_picture) for left_out in shown.context["left_out"]
    ]
    assert left_out == [("Zalo OA", True), ("Telegram", False)]
    for channel_left_out in shown.context["left_out"]:
        assert f"{channel_left_out.channel} ({channel_left_out.reason})" in one_line(
            shown.content.decode()
        )


def test_a_channel_that_the_kit_leaves_out_is_not_laid_on_the_author(client, unit, officer):
    kit = factories.kit(unit.parent, state="issued", platforms=["facebook"])
    adoption = Adoption.objects.create(
        kit=kit, version=kit.versions.get(), unit=unit, adopted_at=timezone.now()
    )
    facebook = factories.ChannelFactory(unit=unit)
    draft = factories.PostFactory(unit=unit, author=officer, adoption=adoption, channels=[facebook])
    telegram = factories.ChannelFactory(unit=unit, platform="telegram")
    draft.targets.create(channel=telegram, is_on=False, switched_by_person=True)

    shown = page(client, factories.submitted(draft))

    (left_out,) = shown.context["left_out"]
    assert (left_out.channel, left_out.reason) == ("Telegram", "the kit is for other channels")


def test_what_the_page_says_itself_is_said_in_no_message(client, unit, officer):
    post = factories.approved(unit=unit)

    client.post(reverse("publishing:schedule", args=[post.public_id]), {"now": "1"} | _chosen(post))
    shown = page(client, post)

    assert Delivery.objects.count() == 1
    assert not list(shown.context["messages"])


def _chosen(post):
    return {"channels": [str(t.channel.public_id) for t in post.targets.all()]}
