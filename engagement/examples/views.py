"""The library of good examples: the list, an example, and what people do with it."""

import uuid
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from core.actions import button_action, form_action, form_data, refusal
from core.lists import get_page, render_page
from engagement.dashboards import dictionary
from engagement.examples import queries, services
from engagement.examples.figures import compare_with_usual, freeze_figures
from engagement.examples.forms import ExampleFilter, ProposeForm, ReasonForm
from engagement.examples.models import USUAL, Example, ExamplePost, ExampleQuerySet
from engagement.examples.services import Begun
from engagement.examples.states import ACCEPTED, Gone
from engagement.examples.templating import LABELS
from posts.canonical.html import to_plain_text
from posts.context import post_to_write, unit_begun_in, unit_to_write_in, units_to_write_in
from units.models import Unit

PAGE = 20


class Card(NamedTuple):
    """An example as the list shows it; ``gone``: why it is in the library no more, ``may_use``: its
    one post begins one of the person's unit.
    """

    example: Example
    platforms: list[str]
    gone: Gone | None
    may_use: bool


class Measured(NamedTuple):
    """A measure of an example with its definition, in numbers as people read them."""

    definition: dictionary.Definition
    value: float | None
    usual: float | None


class Text(NamedTuple):
    """Show one post of an example as residents read it."""

    part: ExamplePost
    title: str
    text: str
    media: int


@require_GET
def examples(request: HttpRequest) -> HttpResponse:
    """List the examples that the person may see: by reuse, then by their figures against the usual
    of their unit. One of a single post begins a post at one tap: in the ``unit`` that the composer
    names, else in the person's own.
    """
    form = ExampleFilter(request.GET)
    examples = _filter_examples(request, form).select_related("unit__parent", "topic")
    examples = examples.annotate(post_count=Count("posts"))
    begins_in = unit_begun_in(request)
    own = begins_in or next(iter(units_to_write_in(request.user)), None)
    page = get_page(request, examples.best_first(), PAGE)
    gone = queries.find_gone(list(page))
    context = {
        "page_obj": page,
        "cards": [_make_card(row, gone.get(row.pk), own) for row in page],
        "form": form,
        "begins_in": begins_in,
        "unit": own,
    }
    return render_page(request, "engagement/examples/list.html", context)


def _make_card(row: Example, gone: Gone | None, unit: Unit | None) -> Card:
    may_use = (
        unit is not None
        and unit.pk != row.unit_id
        and row.state in ACCEPTED
        and gone is None
        and row.post_count == 1
    )
    return Card(row, _list_platforms(row), gone, may_use)


def _filter_examples(request: HttpRequest, form: ExampleFilter) -> ExampleQuerySet:
    rows = _find_readable_examples(request)
    wanted = form.chosen
    match wanted.get("level", ""):
        case "own":
            rows = rows.within(request.user.reach(Permission.POST_VIEW))
        case "waiting":
            rows = queries.filter_waiting_for(request.user, rows)
        case "":
            rows = rows.in_library()
        case level:
            rows = rows.in_library().filter(state=level)
    if topic := wanted.get("topic"):
        rows = rows.filter(topic=topic)
    if platform := wanted.get("platform"):
        rows = rows.filter(platforms__contains=f"|{platform}|")
    return rows.search(wanted.get("q", ""))


def _find_readable_examples(request: HttpRequest) -> ExampleQuerySet:
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    return Example.objects.visible_to(request.user)


def _get_example(request: HttpRequest, public_id: uuid.UUID) -> Example:
    return get_object_or_404(
        _find_readable_examples(request).select_related(
            "unit__parent", "topic", "ended_by", "proposed_by"
        ),
        public_id=public_id,
    )


@require_GET
def example(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show an example: why it worked, its figures then, its texts, and who used it."""
    row = _get_example(request, public_id)
    gone = queries.find_gone([row]).get(row.pk)
    in_library = Example.objects.in_library().filter(pk=row.pk).exists()
    units = [unit for unit in units_to_write_in(request.user) if unit.pk != row.unit_id]
    units.sort(key=lambda unit: unit.key != request.GET.get("unit"))  # the composer's goes first
    is_own = any(part.covers(row.unit.path) for part in request.user.reach(Permission.POST_VIEW))
    context = {
        "example": row,
        "gone": gone and Gone(gone).label,
        "figures": [
            (figure, _list_measured(figure), _count_usual_publications(figure))
            for figure in row.figures
        ],
        "texts": [_make_text(part) for part in row.posts.select_related("revision", "post")],
        "units": units if in_library else [],
        "is_own": is_own,
        "uses": queries.find_uses(row) if is_own else [],
        "may_decide": not gone and services.may_decide(row, request.user),
        "may_withdraw": services.may_withdraw(row, request.user),
    }
    return render(request, "engagement/examples/example.html", context)


def _list_platforms(row: Example) -> list[str]:
    return [name for name in row.platforms.split("|") if name]


def _list_measured(row: dict[str, Any]) -> list[Measured]:
    measures = dictionary.list_reported_measures(row["platform"]) or ["views", "reach", "reactions"]
    return [
        Measured(
            dictionary.DEFINITIONS[comparison.measure],
            _round_for_reading(comparison.value),
            _round_for_reading(comparison.usual),
        )
        for comparison in compare_with_usual(row, measures)
    ]


def _round_for_reading(value: float | None) -> float | None:
    """Round to one decimal below ten, to whole numbers above, and leave whole ones as they are."""
    if value is None or value >= 10 or value == int(value):
        return value if value is None else round(value)
    return round(value, 1)


def _count_usual_publications(row: dict[str, Any]) -> int:
    """Return on how many publications the usual rests at most."""
    return max(row["rests_on"].values(), default=0)


def _make_text(part: ExamplePost) -> Text:
    content = part.revision.content
    return Text(part, content["title"], to_plain_text(content["body"]), len(content["media"]))


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Propose a published post as an example, alone or with others of its campaign."""
    post = post_to_write(request, public_id)
    if not queries.filter_proposable(type(post).objects.filter(pk=post.pk)).exists():
        messages.error(
            request,
            _(
                "Only a post that residents can read now is proposed, once; not a correction, and "
                "none that came of a kit."
            ),
        )
        return redirect("publishing:post", post.public_id)
    form = ProposeForm(
        form_data(request),
        others=queries.find_other_posts(post),
        initial={"name": post.title[:120]},
    )
    done = form_action(
        form,
        lambda: services.propose(
            [post, *form.cleaned_data.get("others", ())],
            form.proposal(),
            unit=post.unit,
            by=request.user,
        ),
    )
    if done:
        messages.success(request, _("Proposed. The province's leaders decide next."))
        return redirect("engagement:example", done.result.public_id)
    relative = freeze_figures([post], post.unit, now=timezone.now()).relative
    weak = relative if relative is not None and relative < USUAL else None
    context = {"post": post, "form": form, "weak": weak}
    return render(request, "engagement/examples/propose.html", context, status=done.status)


@require_POST
def use(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Begin a draft of the person's unit from one of the example's posts, and open it."""
    unit = unit_to_write_in(request)
    row = _get_example(request, public_id)
    typed = request.POST.get("position", "0")
    position = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else 0
    made: list[Begun] = []
    if refused := refusal(
        lambda: made.append(
            services.use_example(row, unit=unit, by=request.user, position=position)
        )
    ):
        messages.error(request, refused)
        return redirect("engagement:example", row.public_id)
    begun = made[0]
    messages.success(request, _("This is a draft of your own. Fit it to your place."))
    if row.rhythm:
        message = _(
            "The example went out %(often)s. Once your draft is ready, repeat it by “Repeat the "
            "post” on its page: the form begins with that rhythm."
        )
        messages.info(request, message % {"often": row.how_often})
    if begun.placeholders:
        names = ", ".join(str(LABELS[name]) for name in begun.placeholders)
        message = _("The other unit’s own facts are marked in braces; put in yours: %(names)s.")
        messages.warning(request, message % {"names": names})
    if begun.left_out:
        message = ngettext(
            "%(n)s picture or video belongs to the other unit and was not copied. Add your own.",
            "%(n)s pictures or videos belong to the other unit and were not copied. Add your own.",
            begun.left_out,
        )
        messages.warning(request, message % {"n": begun.left_out})
    return redirect("posts:edit", begun.post.public_id)


@require_POST
def accept(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_example_to_decide(request, public_id)
    message = _("Accepted. The units see it in the library from now on.")
    button_action(request, lambda: services.accept(row, by=request.user), message=message)
    return redirect("engagement:example", row.public_id)


@require_http_methods(["GET", "POST"])
def return_(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return an example to its unit with a reason."""
    row = _get_example_to_decide(request, public_id)
    form = ReasonForm(
        form_data(request), hint=_("The unit reads it, and may propose the example anew.")
    )
    act = form_action(
        form, lambda: services.return_example(row, by=request.user, **form.cleaned_data)
    )
    if act:
        messages.success(request, _("Returned to its unit with your reason."))
        return redirect(f"{reverse('engagement:examples')}?level=waiting")
    context = {"example": row, "form": form, "act": "return"}
    return render(request, "engagement/examples/reason.html", context, status=act.status)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an example out of the library with a reason."""
    row = _get_example(request, public_id)
    if not any(
        part.covers(row.unit.path)
        for permission in (Permission.POST_WRITE, Permission.KIT_APPROVE)
        for part in request.user.reach(permission)
    ):
        raise PermissionDenied
    form = ReasonForm(form_data(request), hint=_("The unit and the record keep it."))
    act = form_action(form, lambda: services.withdraw(row, by=request.user, **form.cleaned_data))
    if act:
        messages.success(request, _("The example is in the library no more."))
        return redirect("engagement:example", row.public_id)
    context = {"example": row, "form": form, "act": "withdraw"}
    return render(request, "engagement/examples/reason.html", context, status=act.status)


def _get_example_to_decide(request: HttpRequest, public_id: uuid.UUID) -> Example:
    """Return the example, for leaders above its unit."""
    row = _get_example(request, public_id)
    above = request.user.reach(Permission.KIT_APPROVE)
    if not any(part.deep and part.covers(row.unit.path) for part in above):
        raise PermissionDenied
    return row
