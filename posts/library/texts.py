"""Changes of the library. Nothing is deleted: posts name the template from which they began."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.models import Topic
from core import quotas
from core.errors import Refused
from core.secrecy import require_no_secrecy_mark
from core.text import fold, normalise
from posts.checks.leaks.scan import Severity
from posts.checks.variables import gap_names, misnamed_gaps
from posts.leak_rules.enforcement import require_publishable
from posts.library.filling import BUILT_IN
from posts.library.models import (
    LONGEST_TEXT,
    LibraryText,
    Snippet,
    SnippetKind,
    Template,
    month_bit,
)
from posts.models import LONGEST_GROUND
from units.models import Unit

MOST_VARIABLES = 10
_LIMITS = {"title": 150, "text": LONGEST_TEXT, "hashtags": 200, "name": 80}
LONGEST_SNIPPET = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFields:
    """A template as a person wrote it. ``variables``: its own gaps, each with name and label, and
    hint and example where there are any.
    """

    title: str
    text: str
    topic: Topic
    hashtags: str = ""
    months: Iterable[int] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    variables: Sequence[Mapping[str, str]] = ()
    legal_basis: str = ""
    legal_from: date | None = None
    legal_until: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetFields:
    kind: str
    name: str
    text: str
    topic: Topic | None = None


def undeclared_gaps(texts: Iterable[str], variables: Iterable[Mapping[str, str]] = ()) -> list[str]:
    """List the gaps in ``texts`` that neither the portal nor ``variables`` know."""
    known = {*BUILT_IN, *(variable["name"] for variable in variables)}
    return [name for name in gap_names(texts) if name not in known]


def create_template(*, unit: Unit, fields: TemplateFields, by: User) -> Template:
    """Add a template of ``unit``, for its posts and those of all units below. Raise QuotaExceeded,
    Refused, SecrecyRefused.
    """
    quotas.use("library", by=by)
    return _create(Template(unit=unit), template_values(fields), by=by)


def change_template(
    template: Template, fields: TemplateFields, *, by: User, version: int
) -> Template:
    """Change a template; what was begun from it stays as it is. Raise Refused when ``version`` is
    no longer the stored one.
    """
    quotas.use("library", by=by)
    return _change(template, template_values(fields), by=by, version=version)


def create_snippet(*, unit: Unit, fields: SnippetFields, by: User) -> Snippet:
    """Add a piece of ``unit``, for its posts and those of all units below. Raise as
    `create_template`.
    """
    quotas.use("library", by=by)
    return _create(Snippet(unit=unit), snippet_values(fields), by=by)


def change_snippet(snippet: Snippet, fields: SnippetFields, *, by: User, version: int) -> Snippet:
    quotas.use("library", by=by)
    return _change(snippet, snippet_values(fields), by=by, version=version)


@transaction.atomic
def archive(row: LibraryText, *, by: User) -> None:
    """Take a text out of use. Posts that were begun from it stay."""
    quotas.use("library", by=by)
    authority = require(by, Permission.LIBRARY_WRITE, unit=row.unit)
    in_use = type(row)._default_manager.filter(pk=row.pk, archived_at=None)
    if not in_use.update(archived_at=timezone.now(), version=F("version") + 1):
        raise Refused(_("It is archived already."))
    record(f"{_kind_name(row)}.archived", row, by=by, position=authority.position)


@transaction.atomic
def restore(row: LibraryText, *, by: User) -> None:
    """Take an archived text into use again."""
    quotas.use("library", by=by)
    authority = require(by, Permission.LIBRARY_WRITE, unit=row.unit)
    archived = type(row)._default_manager.filter(pk=row.pk, archived_at__isnull=False)
    if not archived.update(archived_at=None, version=F("version") + 1):
        raise Refused(_("It is in use already."))
    record(f"{_kind_name(row)}.restored", row, by=by, position=authority.position)


@transaction.atomic
def _create[T: LibraryText](row: T, values: dict[str, Any], *, by: User) -> T:
    authority = require(by, Permission.LIBRARY_WRITE, unit=row.unit)
    if not row.unit.is_current:
        raise Refused(_("%(unit)s is closed already.") % {"unit": row.unit.name})
    _refuse_leaks(values, row.unit)
    store(row, values, by=by)
    record(f"{_kind_name(row)}.created", row, by=by, position=authority.position)
    return row


@transaction.atomic
def _change[T: LibraryText](row: T, values: dict[str, Any], *, by: User, version: int) -> T:
    authority = require(by, Permission.LIBRARY_WRITE, unit=row.unit)
    locked = type(row)._default_manager.select_for_update(of=("self",))
    stored = cast("T", locked.get(pk=row.pk))
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
    record(f"{_kind_name(row)}.changed", stored, by=by, position=authority.position, fields=changed)
    return stored


def _refuse_leaks(values: Mapping[str, Any], unit: Unit) -> None:
    """Raise Refused for what no post that begins here could pass."""
    own_texts = values.get("texts", {})
    texts = [value for value in (*values.values(), *own_texts.values()) if isinstance(value, str)]
    require_publishable(texts, unit, least=Severity.HARD)


def store(row: LibraryText, values: Mapping[str, Any], *, by: User | None) -> None:
    """Write checked ``values`` into a row; without ``by`` they come with the portal."""
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_by, row.changed_at = by, timezone.now()
    row.search = fold(" ".join(str(values.get(part, "")) for part in ("title", "name", "text")))
    row.save()


def _kind_name(row: LibraryText) -> str:
    return row._meta.model_name or ""


def template_values(fields: TemplateFields) -> dict[str, Any]:
    """Return what is stored of a template, checked. Raise Refused, SecrecyRefused."""
    texts = {platform: normalise(text).strip() for platform, text in fields.texts.items()}
    texts = {platform: text for platform, text in texts.items() if text}
    values = {
        "title": normalise(fields.title).strip(),
        "text": normalise(fields.text).strip(),
        "hashtags": " ".join(normalise(fields.hashtags).split()),
    }
    parts = [*values.values(), *texts.values()]
    _check_values(values, parts)
    grounds = _grounds(fields)
    if any(len(text) > LONGEST_TEXT for text in texts.values()):
        raise Refused(_("A text is too long. Shorten it."))
    asked = set(gap_names(parts)) - BUILT_IN.keys()
    variables = [dict(variable) for variable in fields.variables if variable["name"] in asked]
    if len(variables) > MOST_VARIABLES:
        raise Refused(_("At most %(n)s gaps of its own, please.") % {"n": MOST_VARIABLES})
    if lacking := undeclared_gaps(parts, variables):
        raise Refused(
            _("Say what is to be filled in here: %(names)s.")
            % {"names": ", ".join(f"{{{name}}}" for name in lacking)}
        )
    months = sum({month_bit(month) for month in fields.months if 1 <= month <= 12})
    return {
        **values,
        "topic": fields.topic,
        "texts": texts,
        "variables": variables,
        "months": months,
        **grounds,
    }


def _grounds(fields: TemplateFields) -> dict[str, Any]:
    """Return the grounds that posts from the template take over. Raise Refused, SecrecyRefused."""
    words = {
        "legal_basis": " ".join(normalise(fields.legal_basis).split()),
        "source": " ".join(normalise(fields.source).split()),
    }
    if any(len(value) > LONGEST_GROUND for value in words.values()):
        raise Refused(_("A text is too long. Shorten it."))
    require_no_secrecy_mark(words.values())
    return {**words, "legal_from": fields.legal_from, "legal_until": fields.legal_until}


def snippet_values(fields: SnippetFields) -> dict[str, Any]:
    """Return what is stored of a piece, checked. Raise Refused, SecrecyRefused."""
    values = {"name": normalise(fields.name).strip(), "text": normalise(fields.text).strip()}
    _check_values(values, list(values.values()))
    if len(values["text"]) > LONGEST_SNIPPET:
        raise Refused(_("A text is too long. Shorten it."))
    if lacking := undeclared_gaps(values.values()):
        known = ", ".join(f"{{{name}}}" for name in BUILT_IN)
        raise Refused(
            _("%(names)s cannot be filled in a piece; these can: %(known)s.")
            % {"names": ", ".join(f"{{{name}}}" for name in lacking), "known": known}
        )
    return {**values, "kind": SnippetKind(fields.kind).value, "topic": fields.topic}


def _check_values(values: Mapping[str, str], parts: Sequence[str]) -> None:
    if not all(values[name] for name in values if name != "hashtags"):
        raise Refused(_("Title and text are needed."))
    if any(len(value) > _LIMITS[name] for name, value in values.items()):
        raise Refused(_("A text is too long. Shorten it."))
    if wrong := misnamed_gaps(parts):
        raise Refused(
            _("%(gap)s: a gap is named by small letters without accents, such as {ten_truong}.")
            % {"gap": wrong[0]}
        )
    require_no_secrecy_mark(parts)
