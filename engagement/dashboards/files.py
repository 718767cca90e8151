"""The file of a campaign's figures: sums, the units behind, and each publication."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Campaign
from channels.states import platforms
from core.periods import Period
from engagement.dashboards import progress, queries
from engagement.dashboards.context import get_visible_campaign, make_whole_period
from engagement.dashboards.dictionary import name_measures
from engagement.dashboards.forms import FiguresFilter
from engagement.exports.sheets import File, Sheet, name_file
from engagement.models import Source
from publishing.models import Delivery
from publishing.states import State

CAMPAIGN = "campaign"
_FILTERS = ("from", "to", "platform", "topic", "unit")


def collect_params(query: Mapping[str, str], public_id: uuid.UUID) -> dict[str, str]:
    """Return what a worker needs to make the file of the page that was asked for with ``query``."""
    given = {name: query[name][:100] for name in _FILTERS if query.get(name)}
    return {CAMPAIGN: str(public_id), **given}


def make_campaign_file(by: User, params: Mapping[str, str]) -> File:
    """Return the campaign's figures as the person may see them. Raise PermissionDenied, Http404."""
    try:
        campaign = get_visible_campaign(by, uuid.UUID(params.get(CAMPAIGN, "")))
    except ValueError:
        raise Http404 from None
    filters = {name: params[name] for name in _FILTERS if name in params}
    form = FiguresFilter(filters, default=make_whole_period(campaign))
    deliveries = form.filter_publications(queries.find_published(by, campaign, form.period))
    address = reverse("engagement:campaign_figures", args=[campaign.public_id])
    return File(
        name=f"{name_file(campaign.name)}-{form.period.first:%Y%m%d}-{form.period.last:%Y%m%d}",
        sheets=[
            _make_summary_sheet(campaign, form.period, deliveries),
            _make_behind_sheet(by, campaign),
            _make_publication_sheet(deliveries),
        ],
        rows=deliveries.count(),
        page=f"{address}?{urlencode(filters)}" if filters else address,
    )


def _make_behind_sheet(by: User, campaign: Campaign) -> Sheet:
    published = queries.find_published(by, campaign, make_whole_period(campaign))
    posts = progress.sum_published_posts(published)
    units: Any = progress.find_units_behind(by, campaign, posts, today=timezone.localdate())
    head = [_("Unit"), _("Province"), _("Official code"), _("Remark")]
    pageless = _("No channel connected")
    rows = ([u.name, u.above, u.code, "" if u.has_page else pageless] for u in units)
    return Sheet(_("Nothing published yet"), head, rows)


def _make_summary_sheet(
    campaign: Campaign, period: Period, deliveries: QuerySet[Delivery]
) -> Sheet:
    total = queries.sum_totals(deliveries)
    rows: list[tuple[str, Any]] = [
        (_("Campaign"), campaign.name),
        (_("Unit"), campaign.unit.name),
        (_("Posts published in the period"), str(period)),
        (_("Figures as of"), total["as_of"] or _("not measured")),
        (_("Of them entered by hand"), total["manual"]),
        (_("Posts"), total["posts"]),
        (_("Publications"), total["publications"]),
        *((name, total[measure]) for measure, name in name_measures().items()),
    ]
    return Sheet(_("Summary"), [_("Figure"), _("Value")], rows)


def _make_publication_sheet(deliveries: QuerySet[Delivery]) -> Sheet:
    head = [
        _("Title"),
        _("Unit"),
        _("Platform"),
        _("Channel"),
        _("State"),
        _("Published at"),
        _("Link"),
        *name_measures().values(),
        _("Figures as of"),
        _("Source"),
    ]

    # Looked up once: translated for each row, they took two fifths of the time.
    pages, states, sources = (
        {value: str(label) for value, label in choices}
        for choices in (platforms(), State.choices, Source.choices)
    )
    untitled, unmeasured = _("Untitled"), _("not measured")

    def rows() -> Any:
        for row in queries.select_for_export(deliveries).iterator(chunk_size=2000):
            label, title, unit, platform, channel, state, *rest, taken_at, source = row
            yield (
                label or title or untitled,
                unit,
                pages[platform],
                channel,
                states[state],
                *rest,
                taken_at or unmeasured,
                sources[source] if taken_at else "",
            )

    return Sheet(_("Publications"), head, rows())
