from django.db import models
from django.utils.translation import gettext_lazy as _


class ExampleState(models.TextChoices):
    PROPOSED = "proposed", _("proposed, waits for the province")
    PROVINCE = "province", _("accepted by the province")
    NATION = "nation", _("accepted by the ministry")
    RETURNED = "returned", _("returned to the unit")
    WITHDRAWN = "withdrawn", _("withdrawn")


S = ExampleState
NEXT: dict[str, frozenset[str]] = {
    # The ministry's own has no province before it.
    S.PROPOSED: frozenset({S.PROVINCE, S.NATION, S.RETURNED, S.WITHDRAWN}),
    S.PROVINCE: frozenset({S.NATION, S.RETURNED, S.WITHDRAWN}),
    S.NATION: frozenset({S.WITHDRAWN}),
    S.RETURNED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
# In the library, as long as its posts stand.
ACCEPTED = frozenset({S.PROVINCE, S.NATION})
# Proposed or accepted: its posts are in no second one.
OPEN = ACCEPTED | {S.PROPOSED}
# Who accepts it may still return it.
RETURNABLE = frozenset({S.PROPOSED, S.PROVINCE})


class Gone(models.TextChoices):
    """Say why an accepted example is in the library no more, though nobody withdrew it."""

    RECALLED = "recalled", _("The post was taken down from a page.")
    CORRECTED = "corrected", _("The post was corrected.")
