"""Small template vocabulary every page shares. A built-in: no {% load %} needed."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from core import assets, clock, folds, logs, navigation, phones, training
from core.actions import UNDO

register = template.Library()


@register.simple_tag
def integrity(path: str) -> SafeString:
    """Return the attribute by which a browser refuses a script or style sheet that is not the one
    of this release.
    """
    return format_html('integrity="sha384-{}"', assets.compute_digest(path))


@register.simple_tag
def stylesheets(*paths: str) -> SafeString:
    """Link style sheets, or their bundle, each with its digest. The later one wins where two have
    the same weight.
    """
    return _render_stylesheets(paths, assets.find_last_change())


@lru_cache(maxsize=256)
def _render_stylesheets(paths: tuple[str, ...], last_change: int) -> SafeString:
    if bundle := assets.find_bundles(last_change).sheets.get(paths):
        paths = (bundle,)
    link = '<link rel="stylesheet" href="{}" integrity="sha384-{}">'
    return SafeString(
        "\n".join(format_html(link, static(path), assets.compute_digest(path)) for path in paths)
    )


@register.simple_tag(takes_context=True)
def module(context: template.Context, path: str) -> SafeString:
    """Load an ES module, or its bundle, and, beside it, all that it imports: a browser checks an
    imported module only against the digest in its preload.
    """
    nonce = format_html(' nonce="{}"', context["csp_nonce"]) if "csp_nonce" in context else ""
    return SafeString(nonce.join(_render_around_nonces(path, assets.find_last_change())))


@lru_cache(maxsize=256)
def _render_around_nonces(path: str, last_change: int) -> list[str]:
    """Return the tags of a module and its imports, cut where each bears the nonce."""
    path = assets.find_bundles(last_change).scripts.get(path, path)
    preload = '<link rel="modulepreload" href="{}" integrity="sha384-{}"'
    script = '<script type="module" src="{}" integrity="sha384-{}"'
    starts = [(preload, imported) for imported in assets.list_imports(path)]
    starts.append((script, path))
    first, *others = (
        format_html(tag, static(asset), assets.compute_digest(asset)) for tag, asset in starts
    )
    return [first, *(f">\n{other}" for other in others), "></script>"]


@register.inclusion_tag("components/installation_notice.html")
def installation_notice() -> dict[str, bool]:
    """Say that this installation is no live one. Pages for faults have no context; they, too."""
    return {"try_out": settings.TRY_OUT, "training": settings.TRAINING}


@register.simple_tag
def training_prefix() -> str:
    """Return what the title of a page begins with in training, as its tab and history show it."""
    return training.mark("")


@register.simple_tag
def request_id() -> str:
    """Return the id of this request, the one in its log lines; error pages show it."""
    return logs.request_id.get()


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Draw an icon from the sprite. Without a label it is decoration, and
    screen readers skip it.
    """
    return _render_icon(name, css, conditional_escape(label))


# A page draws a hundred icons, mostly the same ones: a tenth of its time.
@lru_cache(maxsize=2048)
def _render_icon(name: str, css: str, label: SafeString) -> SafeString:
    return format_html(
        '<svg class="icon {}" {}><use href="{}#tabler-{}"/></svg>',
        css,
        format_html('role="img" aria-label="{}"', label)
        if label
        else SafeString('aria-hidden="true"'),
        static("icons/sprite.svg"),
        name,
    )


@register.filter
def attributes(attrs: dict[str, Any]) -> SafeString:
    """Return a widget's attributes as they stand in its tag, but for its class, which the widget's
    template makes.
    """
    if not attrs:
        return SafeString()
    visible = (
        (name, value) for name, value in attrs.items() if value is not False and name != "class"
    )
    return format_html_join(
        "",
        " {}{}",
        ((name, "" if value is True else format_html('="{}"', value)) for name, value in visible),
    )


@register.simple_tag
def options(choices: Iterable[dict[str, Any]]) -> SafeString:
    """Render the options of a select: a template for each took a fifth of a list of 170 units."""
    drawn = ((choice["value"], attributes(choice["attrs"]), choice["label"]) for choice in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', drawn)


@register.simple_tag(takes_context=True)
def fold(context: template.Context, page: str, part: str, *, is_open: bool = False) -> SafeString:
    """Return the attributes of a ``<details>`` that is open where its reader left it open, or where
    ``is_open``; see `core.folds`.
    """
    name = folds.name_fold(page, part)
    user = getattr(getattr(context, "request", None), "user", None)
    is_open = is_open or name in getattr(user, "open_folds", ())
    return format_html('data-fold="{}"{}', name, " open" if is_open else "")


@register.simple_block_tag(takes_context=True)
def folded_card(
    context: template.Context,
    content: SafeString,
    page: str,
    part: str,
    title: str,
    symbol: str = "",
    note: str = "",
    tone: str = "",
    *,
    is_open: bool = False,
) -> SafeString:
    """Render a card of which the title alone is seen until it is opened. ``note`` stands beside the
    title: what the card says, in a word or a number.
    """
    return render_to_string(
        "components/folded_card.html",
        {
            "part": part,
            "attributes": fold(context, page, part, is_open=is_open),
            "title": title,
            "symbol": symbol,
            "note": note,
            "tone": tone,
            "content": content,
        },
    )


@register.simple_tag(takes_context=True)
def sidebar(context: template.Context) -> SafeString:
    """Render the sections that the current position sees, each a link to its first page."""
    sections = navigation.list_sections(context.get("may") or {})
    current = navigation.find_current_section(sections, _find_current_entry(context))
    return format_html_join(
        "",
        "{}",
        (
            (_render_nav_item(s.entries[0].view, s.symbol, str(s.label), s is current),)
            for s in sections
        ),
    )


@register.inclusion_tag("components/section_tabs.html", takes_context=True)
def section_tabs(context: template.Context, page: str = "") -> dict[str, Any]:
    """Render the pages of the section whose page this is, or ``page`` where one stands for others;
    nothing on a page that is no entry's own.
    """
    match = getattr(context.get("request"), "resolver_match", None)
    page = page or (match.view_name if match else "")
    sections = navigation.list_sections(context.get("may") or {})
    return {"section": navigation.find_current_section(sections, page), "page": page}


@register.simple_tag(takes_context=True)
def tabs(context: template.Context) -> list[navigation.Entry]:
    """Return the entries of the phone's bottom bar."""
    return navigation.list_entries(navigation.TABS, context.get("may") or {})


@register.simple_tag(takes_context=True)
def nav_item(context: template.Context, entry: navigation.Entry) -> SafeString:
    """Render one entry of the navigation; it is current on its own page and on those that belong to
    it.
    """
    here = _find_current_entry(context)
    return _render_nav_item(entry.view, entry.symbol, str(entry.label), entry.view == here)


def _find_current_entry(context: template.Context) -> str:
    match = getattr(context.get("request"), "resolver_match", None)
    return navigation.find_current_entry(match.view_name, match.namespace) if match else ""


# Three times on each page stands the same navigation: a fifth of a short page's time.
@lru_cache(maxsize=512)
def _render_nav_item(view: str, symbol: str, label: str, current: bool) -> SafeString:
    item = {"view": view, "symbol": symbol, "label": label, "current": current}
    return render_to_string("components/nav_item.html", item)


@register.filter
def is_filtered(form: BaseForm) -> bool:
    """Tell whether somebody chose a filter; the hidden fields say which list it is."""
    hidden = {field.name for field in form.hidden_fields()}
    return form.is_bound and not hidden.issuperset(form.changed_data)


@register.filter
def place_of(form: BaseForm) -> str:
    """Return the query of the same list without filters: its hidden fields."""
    fields = (field for field in form.hidden_fields() if not field.errors)
    return urlencode({field.html_name: field.value() for field in fields if field.value()})


@register.filter
def count_or_missing(value: float | None) -> str:
    """Format a figure (12345 -> 12.345). One that no platform reported is called missing, never
    zero.
    """
    if value is None:
        return gettext("not measured")
    return _group_digits(value, get_language())


# A page of 170 units has 1,300 figures, most of them small and the same: a tenth of its time.
@lru_cache(maxsize=4096, typed=True)
def _group_digits(value: float, language: str) -> str:
    return formats.number_format(value, use_l10n=True, force_grouping=True)


@register.filter
def as_cell(value: object) -> str:
    """Format what stands in a table of figures: a number, a share, a day or words."""
    if isinstance(value, float):
        return formats.number_format(value * 100, decimal_pos=0) + " %"
    if isinstance(value, Decimal):
        return formats.number_format(value, decimal_pos=1, force_grouping=True)
    if value is None or isinstance(value, int):
        return count_or_missing(value)
    if isinstance(value, date):
        return _format_short_date(value, get_language())
    return str(value)


@lru_cache(maxsize=2048, typed=True)
def _format_short_date(day: date, language: str) -> str:
    return formats.date_format(day, "SHORT_DATE_FORMAT")


@register.simple_tag
def figure_rows(
    head: Sequence[str], rows: Sequence[Sequence[object]], links: Sequence[str]
) -> SafeString:
    """Render the rows of a table of figures: the first cell is a row's name, linked where ``links``
    has an address for it; the others bear the words of ``head`` for narrow screens. Loops over two
    thousand cells took a third of a dashboard's time.
    """
    _first, *labels = (conditional_escape(word) for word in head)
    return format_html_join(
        "\n",
        '<tr><th scope="row">{}</th>{}</tr>',
        (
            (_render_link(as_cell(name), link), _render_figure_cells(labels, cells))
            for (name, *cells), link in zip(rows, links or [""] * len(rows), strict=True)
        ),
    )


def _render_link(text: str, address: str) -> str:
    return format_html('<a href="{}">{}</a>', address, text) if address else text


def _render_figure_cells(labels: Sequence[str], cells: Sequence[object]) -> SafeString:
    """Render the figures of a row; ``labels`` are escaped already, once for all rows."""
    drawn = (
        f'<td class="num" data-label="{label}">{conditional_escape(as_cell(cell))}</td>'
        for label, cell in zip(labels, cells, strict=True)
    )
    return SafeString("".join(drawn))


@register.filter
def undo_address(message: Message) -> str:
    """Return where a message of `offer_undo` is taken back; "" for others."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""


@register.filter
def time_watched(seconds: int | None) -> str:
    """Format seconds (5400 -> 1 giờ 30 phút), or call them missing where no
    platform reported any.
    """
    if seconds is None:
        return gettext("not measured")
    hours, minutes = divmod(round(seconds / 60), 60)
    text = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if not hours:
        return text
    counted = formats.number_format(hours, use_l10n=True, force_grouping=True)
    return f"{ngettext('%(n)s hour', '%(n)s hours', hours) % {'n': counted}} {text}"


@register.filter
def local_time(moment: datetime | None) -> str:
    """Format a moment in the station's time zone."""
    return clock.format_local_time(moment) if moment else ""


@register.filter
def phone(number: str) -> str:
    """Group the digits of a telephone number (02363822300 -> 0236.3822.300)."""
    return phones.group_digits(number)


@register.filter
def distance(moment: datetime) -> str:
    """Describe how far away a moment is, in its largest unit. Not all of Django's own words for it
    are translated into Vietnamese.
    """
    seconds = (moment - timezone.now()).total_seconds()
    days, hours, minutes = (
        int(abs(seconds) // 86400),
        int(abs(seconds) // 3600),
        int(abs(seconds) // 60),
    )
    match bool(days), bool(hours), bool(minutes), seconds < 0:
        case True, _, _, True:
            text, n = ngettext("%(n)s day ago", "%(n)s days ago", days), days
        case True, _, _, False:
            text, n = ngettext("in %(n)s day", "in %(n)s days", days), days
        case False, True, _, True:
            text, n = ngettext("%(n)s hour ago", "%(n)s hours ago", hours), hours
        case False, True, _, False:
            text, n = ngettext("in %(n)s hour", "in %(n)s hours", hours), hours
        case False, False, True, True:
            text, n = ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes), minutes
        case False, False, True, False:
            text, n = ngettext("in %(n)s minute", "in %(n)s minutes", minutes), minutes
        case _:
            return gettext("now")
    return text % {"n": n}
