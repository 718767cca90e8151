"""A sum says what the units below sent, corrected or had returned since it was taken."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from engagement.reports import decisions, drafts
from engagement.reports.models import Report
from engagement.reports.queries import SinceTaken, find_changes_since_taken
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def unit(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def draft(province, overseer, month):
    return drafts.begin(province, "month", month, by=overseer)


def return_report(report):
    Report.objects.filter(pk=report.pk).update(
        state="returned",
        reason="Thiếu.",
        returned_at=timezone.now(),
        returned_by=factories.UserFactory(),
    )


def fresh(report):
    return Report.objects.select_related("unit", "figures").get(pk=report.pk)


def test_units_that_sent_since_are_counted_until_the_figures_are_taken_anew(
    unit, province, draft, overseer
):
    assert find_changes_since_taken(draft) is None
    factories.report(unit, state="sent")
    factories.report(state="sent")  # of another province

    assert find_changes_since_taken(fresh(draft)) == SinceTaken([unit.name], [], [])

    drafts.retake_figures(draft, by=overseer)
    assert find_changes_since_taken(fresh(draft)) is None


def test_a_corrected_report_and_a_returned_one_are_named(unit, province, overseer, month):
    other = factories.UnitFactory(parent=province)
    first = factories.report(unit, state="sent")
    factories.report(other, state="sent")
    draft = drafts.begin(province, "month", month, by=overseer)

    return_report(first)
    newer = {"first": month.first, "last": month.last, "version": 2, "changes": "Sửa số liệu."}
    factories.report(other, state="sent", **newer)

    assert find_changes_since_taken(fresh(draft)) == SinceTaken([], [other.name], [unit.name])


def test_a_commune_and_its_report_ask_nothing(unit, django_assert_num_queries):
    report = fresh(factories.report(unit))

    with django_assert_num_queries(0):
        assert find_changes_since_taken(report) is None


def test_the_draft_offers_to_take_the_figures_anew(client, unit, draft, overseer):
    address = reverse("engagement:report", args=[draft.public_id])
    anew = reverse("engagement:take_figures", args=[draft.public_id])
    client.force_login(overseer)
    factories.report(unit, state="sent")

    page = client.get(address)
    assert page.context["since"].came == [unit.name]
    # In the warning, and the offer to fill in who is missing.
    assert page.content.decode().count(f'action="{anew}"') == 2
    assert "change any more" not in page.content.decode()

    client.post(anew)
    page = client.get(address)
    assert page.context["since"] is None
    assert page.content.decode().count(f'action="{anew}"') == 1


def test_the_leader_and_whoever_corrects_are_told_too(client, province, unit, draft, overseer):
    address = reverse("engagement:report", args=[draft.public_id])
    leader = factories.person(Role.OVERSEER, province)
    decisions.submit(draft, by=overseer)
    factories.report(unit, state="sent")

    client.force_login(overseer)
    assert "change any more" in client.get(address).content.decode()
    client.force_login(leader)
    page = client.get(address)
    assert page.context["since"].came == [unit.name]
    assert page.context["may_decline"]
    client.post(
        reverse("engagement:approve_report", args=[draft.public_id]),
        {"digest": page.context["approve_form"].initial["digest"], "with_gaps": "on"},
    )
    page = client.get(address)
    assert page.context["since"].came == [unit.name]
    assert page.context["may_correct"]

    client.force_login(factories.person(Role.SUPERVISOR, province))
    assert client.get(address).context["since"] is None
