"""Closing a campaign and its public summary: who may, in which order, and what residents reach."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from campaigns.planning import plans
from campaigns.planning.models import CampaignResult, PublicSummary
from core.errors import NotAllowed, Refused
from tests import factories
from tests.rivals import each_at_once

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
DAY = timedelta(days=1)


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def people(province):
    """Return who answers for the campaign, and two colleagues."""
    return [factories.person(Role.OVERSEER, province) for _number in range(3)]


@pytest.fixture
def campaign(province, people):
    return factories.CampaignFactory(unit=province, created_by=people[0])


def close(campaign, by, **options):
    given = {"lessons": "Gửi sớm hơn.", "content": {"posts": 3}} | options
    return plans.close_campaign(campaign, by=by, **given)


def show(campaign, by, deliveries=()):
    return plans.show_summary(campaign, by=by, deliveries=deliveries)


@pytest.mark.parametrize(
    ("closer", "shows"),
    [(0, {1, 2}), (1, {0}), (2, {0})],
)
def test_of_two_people_one_closes_and_the_other_shows(campaign, people, closer, shows):
    close(campaign, people[closer])
    campaign.refresh_from_db()

    done = set()
    for number, person in enumerate(people):
        try:
            show(campaign, person)
            done.add(number)
        except NotAllowed:
            pass

    assert done == shows
    assert PublicSummary.objects.count() == 1


def test_who_answers_for_it_by_the_plan_shows_it(campaign, people):
    plans.set_plan(campaign, by=people[0], owner=people[2], helpers=[], targets={})
    close(campaign, people[0])

    with pytest.raises(NotAllowed):
        show(campaign, people[1])
    assert show(campaign, people[2]).shown_by == people[2]


def test_a_campaign_that_is_open_or_has_not_begun_is_neither_shown_nor_closed(campaign, people):
    with pytest.raises(Refused):
        show(campaign, people[1])
    campaign.starts_on, campaign.ends_on = TODAY() + DAY, TODAY() + 9 * DAY
    campaign.save()
    with pytest.raises(Refused):
        close(campaign, people[0])
    for lessons in ("", "   ", "a" * 2001, "Số CCCD 048085000123 của anh A"):
        with pytest.raises(Refused):
            close(campaign, people[0], lessons=lessons)

    assert not CampaignResult.objects.exists()
    assert not PublicSummary.objects.exists()


def test_nobody_of_another_unit_closes_shows_or_revokes(client, campaign, people):
    strangers = [
        factories.person(Role.OVERSEER, factories.ProvinceFactory()),
        factories.person(Role.APPROVER, factories.UnitFactory(parent=campaign.unit)),
        factories.person(Role.OFFICER, campaign.unit),
    ]
    for person in strangers:
        with pytest.raises(NotAllowed):
            close(campaign, person)
    close(campaign, people[1])
    show(campaign, people[0])
    for person in strangers:
        with pytest.raises(NotAllowed):
            plans.revoke_summary(campaign, by=person)
        client.force_login(person)
        for name, form in (
            ("campaign_close", {"lessons": "Lời khác"}),
            ("campaign_summary", {"act": "revoke"}),
        ):
            address = reverse(f"engagement:{name}", args=[campaign.public_id])
            assert client.post(address, form).status_code in (403, 404)

    assert PublicSummary.objects.get().revoked_at is None


def test_a_summary_that_is_shown_again_keeps_its_address_and_names_at_most_ten_posts(
    client, campaign, people
):
    close(campaign, people[1])
    first = show(campaign, people[0], [f"{n}" for n in range(12)])
    assert len(first.deliveries) == plans.MOST_LINKS
    plans.revoke_summary(campaign, by=people[2])
    plans.revoke_summary(campaign, by=people[1])  # twice does no harm
    revoked = PublicSummary.objects.get()
    assert (revoked.revoked_by, revoked.revoked_at is None) == (people[2], False)

    again = show(campaign, people[0])

    assert (again.pk, again.public_id) == (first.pk, first.public_id)
    row = PublicSummary.objects.get()
    assert (row.revoked_by, row.revoked_at, row.deliveries) == (None, None, [])
    actions = Entry.objects.filter(action__startswith="campaign.summary").order_by("pk")
    assert [entry.action for entry in actions] == [
        "campaign.summary_shown",
        "campaign.summary_revoked",
        "campaign.summary_shown",
    ]


def test_figures_that_grow_after_the_closing_are_on_no_page(client, campaign, people, settings):
    live = factories.live_delivery(unit=factories.UnitFactory(parent=campaign.unit))
    type(live.post).objects.filter(pk=live.post_id).update(campaign=campaign)
    client.force_login(people[1])
    address = reverse("engagement:campaign_close", args=[campaign.public_id])
    shown = client.get(address).context["content"]
    assert (shown["posts"], shown["publications"]) == (1, 1)

    client.post(address, {"lessons": "Gửi sớm hơn."})
    second = factories.live_delivery(unit=live.unit)
    type(second.post).objects.filter(pk=second.post_id).update(campaign=campaign)

    result = CampaignResult.objects.get()
    assert (result.content["posts"], result.content["publications"]) == (1, 1)
    summary = show(campaign, people[0])
    client.logout()
    page = client.get(reverse("engagement:public_summary", args=[summary.public_id]))
    assert page.context["content"] == result.content
    assert client.get(reverse("engagement:campaign", args=[campaign.public_id])).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_who_show_one_summary_at_once_there_is_one():
    province = factories.ProvinceFactory()
    owner = factories.person(Role.OVERSEER, province)
    campaign = factories.CampaignFactory(unit=province, created_by=owner)
    close(campaign, owner)
    campaign.refresh_from_db()
    colleagues = [factories.person(Role.OVERSEER, province) for _number in range(2)]

    outcomes = each_at_once(colleagues, lambda by: show(campaign, by))

    assert outcomes == {"done": 2}
    assert PublicSummary.objects.count() == 1
