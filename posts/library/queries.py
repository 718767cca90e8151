"""Find templates and pieces: those of a position, those that fit today, how a unit signs."""

from datetime import date

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length

from accounts.models import User
from accounts.permissions import Permission
from campaigns.models import Topic
from posts.library.models import LibraryQuerySet, Snippet, SnippetKind, Template, season_bits
from units.models import Unit


def templates_at(user: User, unit: Unit, *, deep: bool) -> QuerySet[Template]:
    """Return the templates for a position at ``unit``: its own, those above it and, for a deep
    role, those below; archived ones included.
    """
    return _filter_by_position(Template.objects.visible_to(user), unit, deep=deep).select_related(
        "unit", "topic"
    )


def snippets_at(user: User, unit: Unit, *, deep: bool) -> QuerySet[Snippet]:
    """Return the pieces for a position, as `templates_at` does."""
    return _filter_by_position(Snippet.objects.visible_to(user), unit, deep=deep).select_related(
        "unit", "topic"
    )


def templates_to_use(user: User) -> QuerySet[Template]:
    """Return the templates that the person sees; the service refuses those that are archived."""
    return Template.objects.visible_to(user).select_related("unit", "topic")


def _filter_by_position(seen: QuerySet, unit: Unit, *, deep: bool) -> QuerySet:
    steps = unit.path.rstrip("/").split("/")
    above = Q(unit__path__in=["/".join(steps[: n + 1]) + "/" for n in range(len(steps))])
    return seen.filter(above | Q(unit__path__startswith=unit.path) if deep else above)


def order_by_season(templates: QuerySet[Template], *, on: date) -> QuerySet[Template]:
    """Order templates: those whose season it is, then those used most, then the newest."""
    fits = F("months").bitand(season_bits(on))
    ranked = templates.annotate(
        in_season=Case(When(months=0, then=Value(0)), default=fits, output_field=IntegerField())
    )
    return ranked.order_by(F("in_season").desc(), "-uses", "-changed_at", "-pk")


def templates_for_today(unit: Unit, *, on: date, most: int = 3) -> list[Template]:
    """Find the templates to begin with today."""
    usable = Template.objects.open_to(unit).select_related("topic", "unit")
    return list(order_by_season(usable, on=on)[:most])


def snippets_for(unit: Unit, topic: Topic | None = None) -> QuerySet[Snippet]:
    """Return the pieces that a post of ``unit`` may insert; with a topic, those of other topics are
    left out.
    """
    usable = Snippet.objects.open_to(unit).select_related("topic", "unit")
    return usable.filter(Q(topic=None) | Q(topic=topic)) if topic else usable


def signature_for(unit: Unit, topic: Topic | None) -> Snippet | None:
    """Find how the unit signs posts on the topic: by the signature of this very topic, whose number
    matters, before one for all; of equals the nearest unit's.
    """
    signatures = snippets_for(unit, topic).filter(kind=SnippetKind.SIGNATURE)
    if topic is None:
        signatures = signatures.filter(topic=None)
    ranked = signatures.annotate(depth=Length("unit__path"))
    return ranked.order_by(F("topic").desc(nulls_last=True), "-depth", "-changed_at").first()


def filter_editable(user: User, rows: LibraryQuerySet) -> LibraryQuerySet:
    """Leave the texts that the person may change."""
    return rows.within(user.reach(Permission.LIBRARY_WRITE)).select_related("unit", "topic")
