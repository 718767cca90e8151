"""A province's totals are the sums of what its 168 units sent, figure by figure."""

import pytest
from django.db.models import Sum
from django.utils import timezone

from campaigns.kits.models import Adoption
from campaigns.models import Topic
from engagement.models import MEASURES, Measurement, Source
from engagement.reports.figures import compute_figures, freeze_figures
from engagement.reports.queries import build_document
from engagement.reports.sums import COUNTS, add_figures
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from units.models import Unit

pytestmark = pytest.mark.django_db
UNITS = 168


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def fill(province, within, publish):
    """Let units of the province do all that a figure counts: ``fill(most)``."""
    kit = factories.kit(province, state="issued")
    version = kit.versions.get()
    topics = [*Topic.objects.order_by("code")[:2], None]

    def make(most):
        units = [factories.UnitFactory(parent=province) for _number in range(most)]
        for at, unit in enumerate(units):
            page = factories.ChannelFactory(unit=unit)
            channels = [page]
            if at % 4 == 0:
                channels.append(factories.ChannelFactory(unit=unit, platform="zalo"))
            post = factories.PostFactory(unit=unit, topic=topics[at % 3], channels=channels)
            post = factories.approved(post)
            for channel in channels:
                measured = {name: at + place for place, name in enumerate(MEASURES) if at % 3}
                source = Source.HAND if at % 6 == 1 else Source.PLATFORM
                publish(post=post, channel=channel, unit=unit, at=within, source=source, **measured)
            if at % 7 == 0:
                factories.delivery(factories.approved(unit=unit), state="failed", due_at=within)
            if at % 11 == 0:
                recall = factories.recalled(unit=unit)
                type(recall).objects.filter(pk=recall.pk).update(started_at=within)
                Delivery.objects.filter(recall=recall).update(published_at=within, due_at=within)
                publish(channel=page, unit=unit, at=within, state=State.RECALLED)
            if at % 13 == 0:
                correction = factories.PostFactory(unit=unit, corrects=post, channels=[page])
                publish(post=factories.approved(correction), channel=page, unit=unit, at=within)
            if at % 5 == 0:
                Adoption.objects.create(kit=kit, version=version, unit=unit, adopted_at=within)
        return units

    return make


def added(values):
    """Add what was measured; what nobody measured is no 0."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def test_a_provinces_totals_are_the_sums_of_its_168_units(province, fill, month, publish, within):
    units = fill(UNITS)
    publish(unit=province, at=within, reach=5)
    reports = [factories.report(unit, state="sent") for unit in units]
    now = timezone.now()

    (figures,) = freeze_figures([province], "month", month, now=now, first=15)

    found = figures.content["total"]["now"]
    own = figures.content["own"]["now"]
    sent = [report.approval.content["figures"]["total"]["now"] for report in reports]
    for name in COUNTS:
        assert found[name] == own[name] + sum(content[name] for content in sent), name
        assert found[name] > 0, name
    for name in MEASURES:
        values = [content["measures"][name] for content in (own, *sent)]
        assert None in values
        assert found["measures"][name] == added(values)
        assert found["measured"][name] == sum(content["measured"][name] for content in (own, *sent))
    for table in ("platforms", "topics"):
        for key, row in found[table].items():
            for column in set(row) - {"name"}:
                cells = [
                    content[table][key][column] for content in (own, *sent) if key in content[table]
                ]
                assert row[column] == added(cells)

    # The same, reckoned for the province and its units at once, and by the rows themselves.
    keys = [province.pk, *(unit.pk for unit in units)]
    assert found == add_figures(compute_figures(keys, month, now=now).values())
    deliveries = Delivery.objects.filter(published_at__isnull=False)
    assert found["publications"] == deliveries.count()
    assert found["measures"]["reach"] == Measurement.objects.aggregate(n=Sum("reach"))["n"]
    assert figures.content["checks"] == []
    assert figures.content["missing"] == []
    assert len(figures.content["covered"]) == Unit.objects.under(province).count()


def test_units_that_sent_nothing_or_were_returned_are_named_and_not_added(province, fill, month):
    silent, returned, sent = fill(3)
    factories.report(
        returned,
        state="returned",
        reason="Thiếu.",
        returned_at=timezone.now(),
        returned_by=factories.UserFactory(),
    )
    factories.report(sent, state="sent")

    report = factories.report(province)

    content = report.figures.content
    assert {row["unit"] for row in content["missing"]} == {silent.key, returned.key}
    assert [row["unit"] for row in content["units"]] == [sent.key]
    assert content["total"]["now"]["posts"] == 1
    coverage = " ".join(build_document(report).parts[1].paragraphs)
    assert silent.name in coverage
    assert returned.name in coverage
    assert sent.name not in coverage
