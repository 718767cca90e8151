"""The tag by which posts/_starters.html offers what a post may begin from today."""

from typing import Any

from django import template
from django.utils import timezone

from posts.kits.queries import kits_for_today
from posts.library.queries import templates_for_today
from posts.library.reach import find_good_posts
from posts.models import Post
from units.models import Unit

register = template.Library()


@register.inclusion_tag("posts/library/_starters.html")
def library_starters(unit: Unit) -> dict[str, Any]:
    """Offer the kits and templates that fit today, and the unit's own post that did best."""
    good = find_good_posts(unit)
    best = None
    if good:
        # What names it, and nothing more: its text is long.
        named = Post.objects.only("public_id", "title", "label")
        best = named.filter(pk=good[0].post).first()
    today = timezone.localdate()
    return {
        "unit": unit,
        "kits": kits_for_today(unit, on=today),
        "templates": templates_for_today(unit, on=today),
        "best": best,
    }
