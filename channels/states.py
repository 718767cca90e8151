from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from platforms.registry import CONNECTORS

# The platforms, in the order of the registry; the values are the connectors' names.
Kind = models.TextChoices(  # type: ignore[call-overload] # the stubs know no choices made at run time
    "Kind",
    [(kind.upper(), (kind, connector.words.label)) for kind, connector in CONNECTORS.items()],
    module=__name__,
)


def platforms() -> list[tuple[str, str]]:
    """Return what a column may hold, asked when it is needed: a new platform needs no migration."""
    return Kind.choices


def platform_rank(platform: str) -> int:
    """Return the place of a platform in every list of channels: as the registry has them."""
    return Kind.values.index(platform)


def by_platform(field: str = "platform") -> models.Case:
    """Sort rows in the database as `platform_rank` sorts what is loaded."""
    return models.Case(
        *(models.When(**{field: kind}, then=rank) for rank, kind in enumerate(Kind.values)),
        output_field=models.IntegerField(),
    )


class Health(models.TextChoices):
    CONNECTED = "connected", _("connected")
    LOST = "lost", _("connect again")
    MANUAL = "by_hand", _("posted by hand")  # no API right: officers post there themselves
    DISCONNECTED = "disconnected", _("disconnected")


class Lifecycle(models.TextChoices):
    """The use of the page by its unit, whatever its connection is in. Nothing goes out but in the
    first."""

    ACTIVE = "active", _("in use")
    PAUSED = "paused", _("resting")
    FROZEN = (
        "frozen",
        _("to be confirmed"),
    )  # it was renamed, or answers as another page: a person must look
    TAKEN_OVER = "taken_over", _("in other hands")
    RETIRED = "retired", _("closed")


LIFECYCLE_STEPS: dict[str, frozenset[str]] = {
    Lifecycle.ACTIVE: frozenset(
        {Lifecycle.PAUSED, Lifecycle.FROZEN, Lifecycle.TAKEN_OVER, Lifecycle.RETIRED}
    ),
    Lifecycle.PAUSED: frozenset(
        {Lifecycle.ACTIVE, Lifecycle.FROZEN, Lifecycle.TAKEN_OVER, Lifecycle.RETIRED}
    ),
    Lifecycle.FROZEN: frozenset({Lifecycle.ACTIVE, Lifecycle.TAKEN_OVER, Lifecycle.RETIRED}),
    Lifecycle.TAKEN_OVER: frozenset({Lifecycle.ACTIVE, Lifecycle.RETIRED}),
    Lifecycle.RETIRED: frozenset({Lifecycle.ACTIVE}),  # only by connecting the page again
}


class Verdict(models.TextChoices):
    """A person's decision on a post that the portal did not make."""

    OPEN = "", _("to be looked at")
    OURS = "ours", _("ours, posted by hand")
    NOT_OURS = "not_ours", _("not ours")


class ChangeState(models.TextChoices):
    """The state of a proposal that changes texts of a page at its platform."""

    PROPOSED = "proposed", _("waits for approval")
    APPROVED = "approved", _("approved, is being written")
    # The platform was or is being called: before another call it is asked what stands there.
    WRITING = "writing", _("being written")
    WRITTEN = "written", pgettext_lazy("of words for a page", "written")
    REFUSED = "refused", _("not approved")
    WITHDRAWN = "withdrawn", _("withdrawn")
    FAILED = "failed", _("not written")


OPEN_CHANGES = frozenset({ChangeState.PROPOSED, ChangeState.APPROVED, ChangeState.WRITING})
CHANGE_STEPS: dict[str, frozenset[str]] = {
    ChangeState.PROPOSED: frozenset(
        {ChangeState.APPROVED, ChangeState.REFUSED, ChangeState.WITHDRAWN}
    ),
    ChangeState.APPROVED: frozenset({ChangeState.WRITING, ChangeState.FAILED}),
    # Certainly not written, and worth another try: approved again.
    ChangeState.WRITING: frozenset(
        {ChangeState.WRITING, ChangeState.APPROVED, ChangeState.WRITTEN, ChangeState.FAILED}
    ),
}
