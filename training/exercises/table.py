"""All exercises, in the order in which they are practised."""

from training.exercises import writing
from training.exercises.base import Exercise

EXERCISES: dict[str, Exercise] = {
    exercise.slug: exercise for exercise in (writing.FIRST_POST, writing.LEAK_FOUND)
}


def list_exercises(role: str) -> list[Exercise]:
    """Return the exercises of a role, in their order."""
    return [exercise for exercise in EXERCISES.values() if role in exercise.roles]
