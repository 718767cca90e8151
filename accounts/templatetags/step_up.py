from django import template

from accounts import step_up

register = template.Library()


@register.simple_tag(takes_context=True)
def origin_of_proof(context: template.Context) -> str:
    """Return the page to which somebody returns who does not prove a factor now."""
    return step_up.origin_of_proof(context["request"])
