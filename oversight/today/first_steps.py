"""The steps that a commune takes once before its work goes by itself. Each ticks itself."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Appointment
from accounts.permissions import Role
from channels.models import Channel
from core.permissions import Permission
from posts.leak_rules.models import AllowedItem
from posts.models import Post
from posts.states import PostState
from units.models import Unit, UnitFacts


class Step(NamedTuple):
    """A step with the page where the person does it, or who does where they may not."""

    label: str | Promise
    is_done: bool
    address: str
    who: str | Promise


class FirstSteps(NamedTuple):
    """The steps of a unit."""

    unit: Unit
    steps: list[Step]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def lacks_channel(self) -> bool:
        return not self.steps[0].is_done


def find_traces(unit: Unit, *, today: date) -> dict[str, QuerySet[Any]]:
    """Return by the name of a step the rows that tell that it is done."""
    return {
        "channel": Channel.objects.usable().filter(unit=unit),
        "phone": UnitFacts.objects.filter(unit=unit).exclude(duty_phone=""),
        "numbers": AllowedItem.objects.filter(unit=unit),
        "approver": Appointment.objects.in_force(today).filter(unit=unit, role=Role.APPROVER),
        "post": Post.objects.filter(unit=unit).exclude(
            state__in=(PostState.DRAFT, PostState.ARCHIVED)
        ),
    }


def list_steps(unit: Unit, filled: Collection[str], may: Mapping[str, bool]) -> FirstSteps:
    """Return the steps of ``unit`` for somebody with these rights. ``filled`` has the name and the
    unit of each whose trace was found.
    """
    of_unit = f"?unit={unit.key}"
    leader = _("The unit’s leader does it.")
    administrator = _("The province’s administrator does it.")
    rows: list[tuple[str, str | Promise, str, str, str | Promise]] = [
        (
            "channel",
            _("Connect the official page"),
            Permission.CHANNEL_MANAGE,
            reverse("channels:platforms") + of_unit,
            leader,
        ),
        (
            "phone",
            _("Enter the telephone of the officer on duty"),
            Permission.UNIT_FACTS,
            reverse("units:facts", args=[unit.key]),
            leader,
        ),
        (
            "numbers",
            _("Enter the numbers and accounts that posts may name"),
            Permission.POST_WRITE,
            reverse("posts:enter_allowed") + of_unit,
            "",
        ),
        ("approver", _("Have a leader who approves"), "", "", administrator),
        (
            "post",
            _("Submit the first post"),
            Permission.POST_WRITE,
            reverse("posts:new") + of_unit,
            "",
        ),
    ]
    return FirstSteps(
        unit,
        [
            Step(label, f"{name}_{unit.pk}" in filled, address if may.get(right) else "", who)
            for name, label, right, address, who in rows
        ],
    )
