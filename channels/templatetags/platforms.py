from django import template

from channels.connectors import CONNECTORS
from channels.connectors.base import Words

register = template.Library()


@register.filter
def words(platform: str) -> Words:
    return CONNECTORS[platform].words
