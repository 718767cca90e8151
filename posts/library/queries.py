"""Find templates: those of a position, those that fit today, how a unit signs."""

from datetime import date

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length

from accounts.models import User
from campaigns.models import Topic
from core.scope import list_ancestors
from posts.library.models import Template, TemplateKind, TemplateQuerySet, season_bits
from units.models import Unit


def templates_at(user: User, unit: Unit, *, deep: bool) -> TemplateQuerySet:
    """Return the templates for a position at ``unit``: its own, those above it and, for a deep
    role, those below; archived ones included.
    """
    above = Q(unit__path__in=list_ancestors(unit.path))
    condition = above | Q(unit__path__startswith=unit.path) if deep else above
    return Template.objects.visible_to(user).filter(condition).select_related("unit", "topic")


def order_by_season(templates: QuerySet[Template], *, on: date) -> QuerySet[Template]:
    """Order templates: those whose season it is, then those used most, then the newest."""
    fits = F("months").bitand(season_bits(on))
    ranked = templates.annotate(
        in_season=Case(When(months=0, then=Value(0)), default=fits, output_field=IntegerField())
    )
    return ranked.order_by(F("in_season").desc(), "-uses", "-changed_at", "-pk")


def order_by_kind(snippets: QuerySet[Template]) -> QuerySet[Template]:
    """Order snippets: a kind after the other, those for any topic first."""
    return snippets.order_by("kind", F("topic").asc(nulls_first=True), "title", "pk")


def templates_for_today(unit: Unit, *, on: date, most: int = 3) -> list[Template]:
    """Find the templates to begin with today."""
    usable = Template.objects.posts().open_to(unit).select_related("topic", "unit")
    return list(order_by_season(usable, on=on)[:most])


def snippets_for(unit: Unit, topic: Topic | None = None) -> QuerySet[Template]:
    """Return the snippets that a post of ``unit`` may insert; with a topic, those of other topics
    are left out.
    """
    usable = Template.objects.snippets().open_to(unit).select_related("topic", "unit")
    return order_by_kind(usable.filter(Q(topic=None) | Q(topic=topic)) if topic else usable)


def signature_for(unit: Unit, topic: Topic | None) -> Template | None:
    """Find how the unit signs posts on the topic: by the signature of this very topic, whose number
    matters, before one for all; of equals the nearest unit's.
    """
    signatures = snippets_for(unit, topic).filter(kind=TemplateKind.SIGNATURE)
    if topic is None:
        signatures = signatures.filter(topic=None)
    ranked = signatures.annotate(depth=Length("unit__path"))
    return ranked.order_by(F("topic").desc(nulls_last=True), "-depth", "-changed_at").first()
