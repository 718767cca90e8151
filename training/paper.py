"""Papers of a class: slips with passwords, and certificates."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from django.conf import settings

from accounts.models import User
from help import paper
from training.exercises.table import list_exercises
from training.models import Participant, TrainingClass
from training.people import Credentials

_LAYOUTS = Path(__file__).parent / "layouts"


def typeset_sign_ins(
    training_class: TrainingClass, sheet: Sequence[Credentials], *, by: User
) -> bytes:
    """Return the participants' user names and first passwords, to be cut and handed out. Raise
    Busy, Refused.
    """
    content = {
        "name": training_class.name,
        "address": settings.PORTAL_URL,
        "people": [
            {
                "name": row.participant.user.full_name,
                "role": str(row.participant.get_role_display()),
                "unit": row.participant.unit.name,
                "username": row.participant.user.username,
                "password": row.password,
                "needs_factor": row.participant.needs_factor,
            }
            for row in sheet
        ],
    }
    return paper.typeset(_LAYOUTS / "sign_ins.typ", content, by=by)


def typeset_certificate(participant: Participant, day: date, *, by: User) -> bytes:
    """Return a certificate, on which the name of a person is written by hand. Raise Busy,
    Refused.
    """
    content = {
        "class": participant.training_class.name,
        "role": str(participant.get_role_display()),
        "seat": participant.user.full_name,
        "day": f"ngày {day:%d} tháng {day:%m} năm {day:%Y}",
        "exercises": [exercise.title for exercise in list_exercises(participant.role)],
    }
    return paper.typeset(_LAYOUTS / "certificate.typ", content, by=by)
