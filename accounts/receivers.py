from datetime import date
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.services import follow_ended_unit
from units.models import Unit
from units.signals import unit_ended


@receiver(unit_ended)
def posts_follow_their_unit(
    *, unit: Unit, successor: Unit | None, on: date, by: User, post_held: str, move_people: bool, **_: Any
) -> None:
    follow_ended_unit(unit, successor=successor, on=on, by=by, post_held=post_held, move_people=move_people)


@receiver(user_logged_in)
def speak_the_persons_language(*, request: HttpRequest, user: User, **_: Any) -> None:
    """A shared PC still keeps the language of whoever sat there before: the answer to this sign-in sets it anew."""
    request.language_of_newcomer = user.language
