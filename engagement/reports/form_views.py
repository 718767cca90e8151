"""Forms of reports, adapted by the province and the ministry: each change is a new version."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from core.actions import form_action, form_data
from engagement.dashboards import dictionary
from engagement.models import MEASURES
from engagement.reports import form_versions, queries
from engagement.reports.models import ReportForm
from engagement.reports.standard import (
    LONGEST_HEADING,
    LONGEST_HINT,
    LONGEST_LINE,
    TABLES,
)
from engagement.reports.states import ReportKind
from units.models import Level, Unit


class ReportFormForm(forms.Form):
    """A form's subject, its parts in their order, its tables and figures, its days."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=LONGEST_LINE)
    tables = forms.MultipleChoiceField(
        label=gettext_lazy("Tables"),
        choices=list(TABLES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    measures = forms.MultipleChoiceField(
        label=gettext_lazy("Figures"),
        choices=[(name, dictionary.DEFINITIONS[name].name) for name in MEASURES],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What nobody measured is said so, never 0."),
    )
    due_after = forms.IntegerField(
        label=gettext_lazy("Days from the last day of the period until it is due"),
        min_value=0,
        max_value=60,
    )
    first = forms.IntegerField(
        label=gettext_lazy("First day of the period"),
        min_value=1,
        max_value=28,
        help_text=gettext_lazy(
            "Of a week: 1 is Monday. Else the day of the month: with 15, November runs from "
            "15 October to 14 November. The ministry sets it for all."
        ),
    )

    def __init__(self, *args: Any, content: dict[str, Any], sets_days: bool, **kwargs: Any):
        self.content = content
        initial = {
            name: content[name] for name in ("subject", "measures", "due_after", "first")
        } | {"tables": [table for part in content["parts"] for table in part["tables"]]}
        super().__init__(*args, initial=initial, **kwargs)
        if not sets_days:
            del self.fields["first"]
        for at, part in enumerate(content["parts"]):
            self.fields[f"heading_{at}"] = forms.CharField(
                label=_("Heading of part %(n)s") % {"n": at + 1},
                max_length=LONGEST_HEADING,
                initial=part["heading"],
            )
            self.fields[f"hint_{at}"] = forms.CharField(
                label=_("Hint for its text"),
                max_length=LONGEST_HINT,
                required=False,
                initial=part["hint"],
                help_text=_("Empty: the part has no text of the unit."),
            )

    def changed_content(self) -> dict[str, Any]:
        """Return the content of a valid form. Each table stays in its part; one that stood in none
        goes into the part with most tables.
        """
        given = self.cleaned_data
        most = max(self.content["parts"], key=lambda part: len(part["tables"]))["key"]
        placed = {table: part["key"] for part in self.content["parts"] for table in part["tables"]}
        parts = [
            {
                **part,
                "heading": given[f"heading_{at}"],
                "hint": given[f"hint_{at}"],
                "text": bool(given[f"hint_{at}"]),
                "tables": [
                    table
                    for table in TABLES
                    if table in given["tables"] and placed.get(table, most) == part["key"]
                ],
            }
            for at, part in enumerate(self.content["parts"])
        ]
        return {
            **self.content,
            "subject": given["subject"],
            "parts": parts,
            "measures": [name for name in MEASURES if name in given["measures"]],
            "due_after": given["due_after"],
            "first": given.get("first", self.content["first"]),
        }


def _get_unit(request: HttpRequest) -> Unit:
    """Return the province or the ministry whose forms the person makes."""
    units = queries.find_units_of_writer(request.user, Permission.REPORT_APPROVE)
    for unit in units:
        if unit.level != Level.COMMUNE:
            return unit
    raise PermissionDenied


@require_GET
def report_forms(request: HttpRequest) -> HttpResponse:
    """List the kinds of reports with the form that counts below the person's unit."""
    unit = _get_unit(request)
    newest: dict[str, ReportForm] = {}
    for row in ReportForm.objects.filter(unit=unit).order_by("version"):
        newest[row.kind] = row
    rows = [(kind, newest.get(kind)) for kind in ReportKind]
    return render(request, "engagement/reports/forms.html", {"unit": unit, "rows": rows})


@require_http_methods(["GET", "POST"])
def report_form(request: HttpRequest, kind: str) -> HttpResponse:
    """Adapt the form of a kind for the units below."""
    unit = _get_unit(request)
    if kind not in ReportKind.values:
        raise Http404
    own = ReportForm.objects.filter(unit=unit, kind=kind).order_by("version").last()
    content = own.content if own else queries.find_form(unit, kind).content
    form = ReportFormForm(
        form_data(request), content=content, sets_days=unit.level == Level.MINISTRY
    )
    done = form_action(
        form,
        lambda: form_versions.change_form(unit, kind, form.changed_content(), by=request.user),
    )
    if done:
        message = _("Version %(n)s counts from now on. Reports that are begun keep theirs.")
        messages.success(request, message % {"n": done.result.version})
        return redirect("engagement:report_forms")
    context = {"unit": unit, "form": form, "kind": ReportKind(kind), "own": own}
    return render(request, "engagement/reports/form.html", context, status=done.status)
