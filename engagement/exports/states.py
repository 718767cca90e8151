"""Say why an export came to nothing."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Failure(models.TextChoices):
    GONE = "gone", _("What it shows is no longer there, or no longer in your position.")
    LARGE = "large", _("It became too large. Narrow the filters, then export again.")
    BROKEN = "broken", _("It was interrupted several times. Export again, or call the technicians.")
