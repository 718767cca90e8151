"""Bind seals to the kind of installation that made them."""

from django.conf import settings


def bind(text: str) -> str:
    """Return what a seal is bound to: the same words are others in training, so that no seal holds
    here and there, even where somebody gave both installations one key. Live words stay as they
    are: their seals last for years.
    """
    return f"training {text}" if settings.TRAINING else text
