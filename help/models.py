from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchMiss(models.Model):
    """Words of an act that the search did not know, and how often that was reported in a month. Who
    reported it is not kept.
    """

    words = models.CharField(max_length=40)
    month = models.DateField()  # its first day
    n = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("words that the search did not find")
        constraints = [models.UniqueConstraint(fields=["words", "month"], name="one_row_a_month")]

    def __str__(self) -> str:
        return self.words
