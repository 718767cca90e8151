from typing import Any

from django import template

from core import lists

register = template.Library()


@register.inclusion_tag("components/saved_views.html", takes_context=True)
def saved_views(context: template.Context) -> dict[str, Any]:
    """Render the views that the reader saved of this list, and the form that saves it as it is."""
    request = context["request"]
    page = request.resolver_match.view_name
    if page not in lists.SAVED_FIELDS:
        return {}
    query = lists.clean_query(page, request.GET)
    return {
        "page": page,
        "query": query,
        "views": sorted(request.user.saved_views.get(page, {}).items()),
        "csrf_token": context.get("csrf_token"),
    }
