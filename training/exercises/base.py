"""An exercise, and what most of them ask of posts."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from posts.models import Post
from posts.states import PostState
from training.models import Attempt, Participant

# A post is out of its writer's hands.
SUBMITTED = frozenset({PostState.IN_REVIEW, PostState.APPROVED})

type Prepare = Callable[[Participant], uuid.UUID | None]
type Judge = Callable[[Collection[Attempt]], set[int]]


def list_subjects(attempts: Collection[Attempt]) -> list[uuid.UUID]:
    return [attempt.subject for attempt in attempts if attempt.subject]


def posts_of_subject(attempt: Attempt) -> QuerySet[Post]:
    """Return the post that was prepared."""
    return Post.objects.filter(public_id__in=list_subjects([attempt]))


def say_nothing(attempt: Attempt) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """An exercise: ``prepare`` makes its state and returns what it is about; ``find_done`` tells
    by the state of the database which attempts have reached the end, by their keys: how somebody
    got there does not count. ``explain`` says what is still wrong, empty where nothing is known.
    ``posts`` finds what an earlier try left. Texts are Vietnamese, as those of the guides are.
    """

    slug: str
    title: str
    roles: Collection[str]
    task: str
    hints: tuple[str, str, str]
    guide: str  # of `help.guides`
    start: str  # the words of the link to the page where it begins
    address: Callable[[Attempt], str]
    prepare: Prepare
    find_done: Judge
    explain: Callable[[Attempt], str] = say_nothing
    posts: Callable[[Attempt], QuerySet[Post]] = posts_of_subject


def composer_of(attempt: Attempt) -> str:
    return reverse("posts:edit", args=[attempt.subject])


def page_of_post(attempt: Attempt) -> str:
    return reverse("publishing:post", args=[attempt.subject])


def find_submitted(attempts: Collection[Attempt]) -> set[int]:
    """Find the attempts whose prepared post waits for the leader."""
    done = Post.objects.filter(public_id__in=list_subjects(attempts), state__in=SUBMITTED)
    keys = set(done.values_list("public_id", flat=True))
    return {attempt.pk for attempt in attempts if attempt.subject in keys}
