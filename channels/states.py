from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.connectors import CONNECTORS

# The platforms, in the order of the registry; the values are the connectors' names.
Kind = models.TextChoices(
    "Kind", [(kind.upper(), (kind, each.words.label)) for kind, each in CONNECTORS.items()], module=__name__
)


def platforms() -> list[tuple[str, str]]:
    """What a column may hold, asked when it is needed: a new platform needs no migration."""
    return Kind.choices


class Health(models.TextChoices):
    CONNECTED = "connected", _("connected")
    LOST = "lost", _("connect again")
    BY_HAND = "by_hand", _("posted by hand")  # no API right: officers post there themselves
    DISCONNECTED = "disconnected", _("disconnected")


class Life(models.TextChoices):
    """Whether the unit uses the page, whatever its connection is in. Nothing goes out but in the first."""

    ACTIVE = "active", _("in use")
    PAUSED = "paused", _("resting")
    FROZEN = "frozen", _("to be confirmed")  # it was renamed, or answers as another page: a person must look
    TAKEN_OVER = "taken_over", _("in other hands")
    RETIRED = "retired", _("closed")


LIFE: dict[str, frozenset[str]] = {
    Life.ACTIVE: frozenset({Life.PAUSED, Life.FROZEN, Life.TAKEN_OVER, Life.RETIRED}),
    Life.PAUSED: frozenset({Life.ACTIVE, Life.FROZEN, Life.TAKEN_OVER, Life.RETIRED}),
    Life.FROZEN: frozenset({Life.ACTIVE, Life.TAKEN_OVER, Life.RETIRED}),
    Life.TAKEN_OVER: frozenset({Life.ACTIVE, Life.RETIRED}),
    Life.RETIRED: frozenset({Life.ACTIVE}),  # only by connecting the page again
}


class Verdict(models.TextChoices):
    """What a person said of a post that the portal did not make."""

    OPEN = "", _("to be looked at")
    OURS = "ours", _("ours, posted by hand")
    NOT_OURS = "not_ours", _("not ours")
