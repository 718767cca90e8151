"""All exercises, in the order in which they are practised."""

from training.exercises import attending, deciding, writing
from training.exercises.base import Exercise

EXERCISES: dict[str, Exercise] = {
    exercise.slug: exercise
    for exercise in (
        writing.FIRST_POST,
        writing.LEAK_FOUND,
        writing.RETURNED,
        deciding.APPROVE_AT_ANOTHER_TIME,
        deciding.TOKEN_EXPIRED,
        deciding.PAGE_TAKEN_OVER,
        deciding.RECALL,
        writing.CORRECTION,
        attending.COMMENT_STORM,
        writing.KIT_ADOPTED,
        attending.MONTH_REPORT,
        attending.MAIL_FLOOD,
    )
}


def list_exercises(role: str) -> list[Exercise]:
    """Return the exercises of a role, in their order."""
    return [exercise for exercise in EXERCISES.values() if role in exercise.roles]
