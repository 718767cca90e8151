from django import template

register = template.Library()


def points(share: float) -> int:
    """Return a share in hundredths. It never rounds up to 100: one that was late must show."""
    return min(round(share * 100), 99) if share < 1 else 100


@register.filter
def percent(share: float) -> str:
    """Format a share: 0.954 → 95 %."""
    return f"{points(share)} %"
