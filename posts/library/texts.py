"""Changes of the library. Nothing is deleted: posts name the template from which they began."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.kits.placeholders import find_placeholders
from campaigns.models import Topic
from core import quotas
from core.errors import Refused
from core.secrecy import require_no_secrecy_mark
from core.text import fold, normalise
from posts.checks.leaks.scan import Severity
from posts.checks.placeholders import find_misnamed_placeholders
from posts.leak_rules.enforcement import require_publishable
from posts.library.models import LONGEST_TEXT, Template, TemplateKind, month_bit
from posts.library.placeholders import BUILT_IN
from posts.models import LONGEST_LEGAL_BASIS
from units.models import Unit

MOST_VARIABLES = 10
_LIMITS = {"title": 150, "text": LONGEST_TEXT, "hashtags": 200}
SNIPPET_LIMITS = {"title": 80, "text": 1000, "hashtags": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFields:
    """A template as a person wrote it. ``variables``: its own placeholders, each with name and
    label, and hint and example where there are any. A snippet has title, text and perhaps a topic.
    """

    title: str
    text: str
    topic: Topic | None
    kind: str = TemplateKind.POST
    hashtags: str = ""
    months: Iterable[int] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    variables: Sequence[Mapping[str, str]] = ()
    legal_basis: str = ""
    legal_from: date | None = None
    legal_until: date | None = None
    source: str = ""


def find_undeclared(texts: Iterable[str], variables: Iterable[Mapping[str, str]] = ()) -> list[str]:
    """List the placeholders in ``texts`` that neither the portal nor ``variables`` know."""
    known = {*BUILT_IN, *(variable["name"] for variable in variables)}
    return [name for name in find_placeholders(texts) if name not in known]


@transaction.atomic
def create_template(*, unit: Unit, fields: TemplateFields, by: User) -> Template:
    """Add a template of ``unit``, for its posts and those of all units below. Raise QuotaExceeded,
    Refused, SecrecyRefused.
    """
    quotas.use("library", by=by)
    row, values = Template(unit=unit), clean_fields(fields)
    authority = require(by, Permission.LIBRARY_WRITE, unit=unit)
    if not unit.is_current:
        raise Refused(_("%(unit)s is closed already.") % {"unit": unit.name})
    _refuse_leaks(values, unit)
    store(row, values, by=by)
    record(f"{_name_group(row)}.created", row, by=by, position=authority.position)
    return row


@transaction.atomic
def change_template(
    template: Template, fields: TemplateFields, *, by: User, version: int
) -> Template:
    """Change a template; what was begun from it stays as it is. Raise Refused when ``version`` is
    no longer the stored one.
    """
    quotas.use("library", by=by)
    values = clean_fields(fields)
    authority = require(by, Permission.LIBRARY_WRITE, unit=template.unit)
    stored = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    if stored.version != version:
        raise Refused(
            _(
                "Somebody changed this meanwhile. Open it in another window, compare, and "
                "save again."
            )
        )
    changed = sorted(name for name, value in values.items() if getattr(stored, name) != value)
    if not changed:
        return stored
    _refuse_leaks({name: values[name] for name in changed}, stored.unit)
    stored.version += 1
    store(stored, values, by=by)
    action = f"{_name_group(stored)}.changed"
    record(action, stored, by=by, position=authority.position, fields=changed)
    return stored


@transaction.atomic
def archive(template: Template, *, by: User) -> None:
    """Take a text out of use. Posts that were begun from it stay."""
    quotas.use("library", by=by)
    authority = require(by, Permission.LIBRARY_WRITE, unit=template.unit)
    in_use = Template.objects.filter(pk=template.pk, archived_at=None)
    if not in_use.update(archived_at=timezone.now(), version=F("version") + 1):
        raise Refused(_("It is archived already."))
    record(f"{_name_group(template)}.archived", template, by=by, position=authority.position)


@transaction.atomic
def restore(template: Template, *, by: User) -> None:
    """Take an archived text into use again."""
    quotas.use("library", by=by)
    authority = require(by, Permission.LIBRARY_WRITE, unit=template.unit)
    archived = Template.objects.filter(pk=template.pk, archived_at__isnull=False)
    if not archived.update(archived_at=None, version=F("version") + 1):
        raise Refused(_("It is in use already."))
    record(f"{_name_group(template)}.restored", template, by=by, position=authority.position)


def _refuse_leaks(values: Mapping[str, Any], unit: Unit) -> None:
    """Raise Refused for what no post that begins here could pass."""
    own_texts = values.get("texts", {})
    texts = [value for value in (*values.values(), *own_texts.values()) if isinstance(value, str)]
    require_publishable(texts, unit, least=Severity.HARD)


def store(template: Template, values: Mapping[str, Any], *, by: User | None) -> None:
    """Write checked ``values`` into a row; without ``by`` they come with the portal."""
    for name, value in values.items():
        setattr(template, name, value)
    template.changed_by, template.changed_at = by, timezone.now()
    template.search = fold(f"{values['title']} {values['text']}")
    template.save()


def _name_group(template: Template) -> str:
    """Return the group of the record in which its changes stand."""
    return "snippet" if template.is_snippet else "template"


def clean_fields(fields: TemplateFields) -> dict[str, Any]:
    """Return what is stored of a template, checked. Raise Refused, SecrecyRefused."""
    is_post = fields.kind == TemplateKind.POST
    texts = {platform: normalise(text).strip() for platform, text in fields.texts.items()}
    texts = {platform: text for platform, text in texts.items() if text}
    values = {
        "title": normalise(fields.title).strip(),
        "text": normalise(fields.text).strip(),
        "hashtags": " ".join(normalise(fields.hashtags).split()),
    }
    parts = [*values.values(), *texts.values()]
    _check_values(values, parts, _LIMITS if is_post else SNIPPET_LIMITS)
    if any(len(text) > LONGEST_TEXT for text in texts.values()):
        raise Refused(_("A text is too long. Shorten it."))
    return {
        **values,
        "kind": TemplateKind(fields.kind).value,
        "topic": fields.topic,
        "texts": texts,
        "variables": _declare_variables(parts, fields.variables) if is_post else _allow_none(parts),
        "months": sum({month_bit(month) for month in fields.months if 1 <= month <= 12}),
        **_clean_legal_basis(fields),
    }


def _declare_variables(
    parts: Sequence[str], variables: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Return those of ``variables`` that stand in the texts. Raise Refused for one that is missing,
    and for too many.
    """
    asked = set(find_placeholders(parts)) - BUILT_IN.keys()
    declared = [dict(variable) for variable in variables if variable["name"] in asked]
    if len(declared) > MOST_VARIABLES:
        raise Refused(_("At most %(n)s placeholders of its own, please.") % {"n": MOST_VARIABLES})
    if missing := find_undeclared(parts, declared):
        raise Refused(
            _("Say what is to be filled in here: %(names)s.")
            % {"names": ", ".join(f"{{{name}}}" for name in missing)}
        )
    return declared


def _allow_none(parts: Sequence[str]) -> list[dict[str, str]]:
    """Raise Refused for a placeholder of its own: nobody is asked when a snippet is inserted."""
    if unknown := find_undeclared(parts):
        known = ", ".join(f"{{{name}}}" for name in BUILT_IN)
        raise Refused(
            _("%(names)s cannot be filled in a piece; these can: %(known)s.")
            % {"names": ", ".join(f"{{{name}}}" for name in unknown), "known": known}
        )
    return []


def _clean_legal_basis(fields: TemplateFields) -> dict[str, Any]:
    """Return the legal basis and the source that posts from the template take over. Raise Refused,
    SecrecyRefused.
    """
    values = {
        "legal_basis": " ".join(normalise(fields.legal_basis).split()),
        "source": " ".join(normalise(fields.source).split()),
    }
    if any(len(value) > LONGEST_LEGAL_BASIS for value in values.values()):
        raise Refused(_("A text is too long. Shorten it."))
    require_no_secrecy_mark(values.values())
    return {**values, "legal_from": fields.legal_from, "legal_until": fields.legal_until}


def _check_values(
    values: Mapping[str, str], parts: Sequence[str], limits: Mapping[str, int]
) -> None:
    if not all(values[name] for name in values if name != "hashtags"):
        raise Refused(_("Title and text are needed."))
    if any(len(value) > limits[name] for name, value in values.items()):
        raise Refused(_("A text is too long. Shorten it."))
    if wrong := find_misnamed_placeholders(parts):
        raise Refused(
            _(
                "%(placeholder)s: a placeholder is named by small letters without accents, such as "
                "{ten_truong}."
            )
            % {"placeholder": wrong[0]}
        )
    require_no_secrecy_mark(parts)
