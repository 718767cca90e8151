"""Templates: texts with placeholders, to begin a post from or to insert into one. A unit's are
seen by all units below it.
"""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from campaigns.models import Topic
from core.models import PublicIdModel
from core.scope import Person, ScopedQuerySet, list_ancestors
from core.text import fold
from posts.models import LegalBasis
from units.models import Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

LONGEST_TEXT = 10_000  # characters; the longest post of Facebook is far above what people read


class TemplateKind(models.TextChoices):
    """A whole post, or one of three kinds of snippets."""

    POST = "post", _("Whole posts")
    SIGNATURE = "signature", _("Signature with telephone numbers")
    HASHTAGS = "hashtags", _("Hashtags")
    PARAGRAPH = "paragraph", _("Paragraph")


class TemplateQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW

    def visible_to(self, user: "Person | AnonymousUser") -> Self:
        """Filter by the person's own scope and the units above it, whose texts are for them,
        too.
        """
        reach = user.reach(self.permission) if user.is_active and hasattr(user, "reach") else ()
        above = {path for part in reach for path in list_ancestors(part.path)}
        return super().visible_to(user) | self.filter(unit__path__in=above)

    def open_to(self, unit: Unit) -> Self:
        """Filter by what posts of ``unit`` may use: its own and that of the units above it."""
        return self.filter(unit__path__in=list_ancestors(unit.path), archived_at=None)

    def posts(self) -> Self:
        """Filter by whole posts, to begin from."""
        return self.filter(kind=TemplateKind.POST)

    def snippets(self) -> Self:
        """Filter by what is inserted into a post."""
        return self.exclude(kind=TemplateKind.POST)

    def search(self, query: str) -> Self:
        rows = self
        for word in fold(query).split():
            rows = rows.filter(search__contains=word)
        return rows


class Template(PublicIdModel, LegalBasis):
    """A text with placeholders such as ``{don_vi}`` (see ``posts.library.placeholders``): a whole
    post, or a snippet, which has no more than title, text and perhaps a topic.
    """

    kind = models.CharField(
        _("kind"), max_length=10, choices=TemplateKind, default=TemplateKind.POST
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=150)
    text = models.TextField(_("text"), max_length=LONGEST_TEXT)
    # Empty: a snippet for posts on any.
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("topic")
    )
    hashtags = models.CharField(_("hashtags"), max_length=200, blank=True)
    # The months in which it fits best, a bit each: January is 1.
    months = models.PositiveSmallIntegerField(default=0)
    # Own texts by platform, where the text does not suit it.
    texts = models.JSONField(default=dict)
    # Its own placeholders: [{"name": …, "label": …, "hint": …, "example": …}].
    variables = models.JSONField(default=list)
    uses = models.PositiveIntegerField(default=0)
    # Of those that come with the product: by it a later release finds its text again.
    code = models.SlugField(max_length=40, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # empty: the product
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    search = models.TextField(editable=False, default="")

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [models.Index(fields=["unit", "archived_at"], name="template_unit")]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="one_template_a_code"
            ),
            models.CheckConstraint(
                condition=~Q(kind="post") | Q(topic__isnull=False), name="a_post_has_a_topic"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_snippet(self) -> bool:
        return self.kind != TemplateKind.POST

    @property
    def labels(self) -> dict[str, str]:
        """Return what each of its own placeholders asks for."""
        return {variable["name"]: variable["label"] for variable in self.variables}

    def parts(self) -> list[str]:
        """List every text in which a placeholder may stand."""
        return [self.title, self.text, self.hashtags, *self.texts.values()]

    def fits_in(self, month: int) -> bool:
        return bool(self.months & month_bit(month))


def month_bit(month: int) -> int:
    """Return the bit of a month in ``Template.months``."""
    return 1 << (month - 1)


def season_bits(on: date) -> int:
    return month_bit(on.month)
