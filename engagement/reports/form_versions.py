"""Versions of the forms that units below follow."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from audit.services import record
from core import quotas
from core.errors import NotAllowed, Refused
from engagement.reports.marks import require_no_mark
from engagement.reports.models import ReportForm
from engagement.reports.queries import find_form
from engagement.reports.standard import find_problems
from engagement.reports.transitions import require_position
from posts.leak_rules.enforcement import require_publishable
from units.models import Level, Unit


@transaction.atomic
def change_form(unit: Unit, kind: str, content: Mapping[str, Any], *, by: User) -> ReportForm:
    """Make the next version of the form that the units below follow. Reports that are begun keep
    theirs until their figures are taken again. Raise NotAllowed, Refused, QuotaExceeded.
    """
    authority = require_position(by, Permission.REPORT_APPROVE, unit)
    if unit.level == Level.COMMUNE:
        raise NotAllowed(_("Forms are made by the province and the ministry."))
    own = dict(content)
    if unit.level == Level.PROVINCE and own["first"] != find_form(unit, kind).content["first"]:
        raise Refused(_("The ministry sets the first day, so that sums of provinces add up."))
    if problems := find_problems(kind, own):
        raise Refused(" ".join(problems))
    texts = _list_texts(own)
    require_no_mark(texts)
    require_publishable(texts, unit)
    quotas.use("report", by=by)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    rows = ReportForm.objects.filter(unit=unit, kind=kind)
    newest = rows.order_by("version").last()
    form = ReportForm.objects.create(
        unit=unit,
        kind=kind,
        version=newest.version + 1 if newest else 1,
        content=own,
        made_by=by,
        position=authority.position,
        made_at=timezone.now(),
    )
    record("report.form_changed", form, by=by, position=authority.position, version=form.version)
    return form


def _list_texts(content: Mapping[str, Any]) -> list[str]:
    lines = [content["subject"], *content["recipients"], *content["copies"], *content["opening"]]
    return [*lines, *(part[name] for part in content["parts"] for name in ("heading", "hint"))]
