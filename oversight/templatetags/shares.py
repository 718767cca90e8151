from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """Format a share: 0.954 → 95 %. It never rounds up to 100: one that was late must show."""
    return f"{min(round(share * 100), 99) if share < 1 else 100} %"
