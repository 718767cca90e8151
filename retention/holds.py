"""Orders under which nothing of a post, or of a unit and all below it, is deleted."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from accounts.models import Appointment, PendingAppointment
from media.models import Media
from posts.models import Contribution, Post, PostMedia
from retention.models import Hold


def exclude_held(due: Callable[[datetime], QuerySet]) -> Callable[[datetime], QuerySet]:
    """Exclude from what is ``due`` what a hold keeps."""
    return lambda before: _exclude_held_rows(due(before))


def _exclude_held_rows(rows: QuerySet) -> QuerySet:
    if rows.model is Post:
        return rows.exclude(Q(_is_of_held_unit("unit__path")) | Q(_is_of_held_post("pk")))
    if rows.model is Media:
        post_media = PostMedia.objects.filter(_is_of_held_post("post"), media=OuterRef("pk"))
        return rows.exclude(Q(_is_of_held_unit("unit__path")) | Q(Exists(post_media)))
    if rows.model is PendingAppointment:
        return rows.exclude(_is_of_held_unit("unit__path"))
    return rows.exclude(_is_of_held_person())


def _is_of_held_unit(path: str) -> Exists:
    holds = Hold.objects.alias(path=ExpressionWrapper(OuterRef(path), output_field=CharField()))
    return Exists(holds.filter(path__startswith=F("unit__path")))


def _is_of_held_post(key: str) -> Exists:
    return Exists(Hold.objects.filter(post=OuterRef(key)))


def _is_of_held_person() -> Q:
    """Find who had an appointment in a held unit, or wrote in a held post or one of a held unit."""
    served = Appointment.objects.filter(_is_of_held_unit("unit__path"), user=OuterRef("pk"))
    wrote = Contribution.objects.filter(
        Q(_is_of_held_post("post")) | Q(_is_of_held_unit("post__unit__path")), user=OuterRef("pk")
    )
    began = Post.objects.filter(
        Q(_is_of_held_post("pk")) | Q(_is_of_held_unit("unit__path")), author=OuterRef("pk")
    )
    return Q(Exists(served)) | Q(Exists(wrote)) | Q(Exists(began))
