"""Small template vocabulary every page shares. A built-in: no {% load %} needed."""

from datetime import datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

register = template.Library()

# Pages that stand in the navigation themselves, and the entry that every other page of an app belongs to.
ENTRIES = {
    "accounts:me",
    "accounts:notices",
    "engagement:desks",
    "oversight:nation",
    "oversight:today",
    "posts:new",
    "publishing:broadcast_list",
    "publishing:calendar",
    "publishing:pauses",
    "publishing:recall_list",
    "publishing:review_queue",
    "publishing:status",
}
SECTIONS = {
    "accounts": "accounts:people",
    "audit": "audit:log",
    "campaigns": "campaigns:list",
    "channels": "channels:list",
    "engagement:comments": "engagement:desks",
    "engagement:desk_allowances": "oversight:province",
    "oversight": "oversight:province",
    "posts": "posts:list",
    "publishing": "posts:list",
    "publishing:broadcast": "publishing:broadcast_list",
    "publishing:broadcast_call_off": "publishing:broadcast_list",
    "publishing:broadcast_confirm": "publishing:broadcast_list",
    "publishing:broadcast_decide": "publishing:broadcast_list",
    "publishing:held": "publishing:pauses",
    "publishing:pause": "publishing:pauses",
    "publishing:pause_change": "publishing:pauses",
    "publishing:pause_discard": "publishing:pauses",
    "publishing:pause_end": "publishing:pauses",
    "publishing:pause_new": "publishing:pauses",
    "publishing:pause_start": "publishing:pauses",
    "publishing:recall_ledger": "publishing:recall_list",
    "publishing:review": "publishing:review_queue",
    "publishing:freeze": "publishing:status",
    "publishing:release": "publishing:status",
    "units": "units:tree",
}


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """A drawing from the sprite. Without a label it is decoration, and screen readers pass it over."""
    return format_html(
        '<svg class="icon {}" {}><use href="{}#tabler-{}"/></svg>',
        css,
        format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"'),
        static("icons/sprite.svg"),
        name,
    )


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav_item(context: template.Context, view: str, symbol: str, label: str, count: int = 0) -> dict[str, Any]:
    """One entry of the navigation; it is current on its own page and on those that belong to it."""
    match = getattr(context.get("request"), "resolver_match", None)
    here = match.view_name if match else ""
    within = bool(match) and here not in ENTRIES and SECTIONS.get(here, SECTIONS.get(match.namespace)) == view
    return {"view": view, "symbol": symbol, "label": label, "count": count, "current": here == view or within}


@register.filter
def count_or_missing(value: float | None) -> str:
    """12345 -> 12.345. A figure no platform gave us is said to be missing; it is never shown as zero."""
    if value is None:
        return gettext("not measured")
    return formats.number_format(value, use_l10n=True, force_grouping=True)


@register.filter
def time_watched(seconds: int | None) -> str:
    """5400 -> 1 giờ 30 phút; said to be missing where nobody told it."""
    if seconds is None:
        return gettext("not measured")
    hours, minutes = divmod(round(seconds / 60), 60)
    told = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if not hours:
        return told
    counted = formats.number_format(hours, use_l10n=True, force_grouping=True)
    return f"{ngettext('%(n)s hour', '%(n)s hours', hours) % {'n': counted}} {told}"


@register.filter
def local_time(moment: datetime | None) -> str:
    """A moment on the clock of the station."""
    if moment is None:
        return ""
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


@register.filter
def distance(moment: datetime) -> str:
    """How far away a moment is, in its largest unit. Django's own words for it are not all in Vietnamese."""
    seconds = (moment - timezone.now()).total_seconds()
    days, hours, minutes = int(abs(seconds) // 86400), int(abs(seconds) // 3600), int(abs(seconds) // 60)
    match bool(days), bool(hours), bool(minutes), seconds < 0:
        case True, _, _, True:
            words, n = ngettext("%(n)s day ago", "%(n)s days ago", days), days
        case True, _, _, False:
            words, n = ngettext("in %(n)s day", "in %(n)s days", days), days
        case False, True, _, True:
            words, n = ngettext("%(n)s hour ago", "%(n)s hours ago", hours), hours
        case False, True, _, False:
            words, n = ngettext("in %(n)s hour", "in %(n)s hours", hours), hours
        case False, False, True, True:
            words, n = ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes), minutes
        case False, False, True, False:
            words, n = ngettext("in %(n)s minute", "in %(n)s minutes", minutes), minutes
        case _:
            return gettext("now")
    return words % {"n": n}
