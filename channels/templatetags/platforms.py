from django import template

from platforms.registry import CONNECTORS
from platforms.words import Words

register = template.Library()


@register.filter
def words(platform: str) -> Words:
    return CONNECTORS[platform].words
