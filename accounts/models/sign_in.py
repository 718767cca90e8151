"""Sessions, and what the portal knows of second factors beyond the library's own rows."""

from datetime import datetime, timedelta
from importlib import import_module
from typing import Self

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import PublicIdModel

FACTORS = (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP)  # recovery codes alone are none


class FactorDate(models.Model):
    """The day from which everybody needs a second factor, as the ministry decided; the newest
    decision holds.
    """

    day = models.DateField(_("first day"))
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        get_latest_by = "pk"


class Session(AbstractBaseSession):
    """An open session, under a hash of its key. Its signed data holds device, times and pending
    forms.
    """

    session_key = models.CharField(max_length=64, primary_key=True)  # SHA-256, see session_store.py
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )  # null: nobody signed in yet
    # Set by `sign_in.sessions.sessions_of`, from the session's data.
    device: str
    shared: bool
    began_at: datetime
    seen_at: datetime

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        return import_module(settings.SESSION_ENGINE).SessionStore


UNCONFIRMED_LIFETIME = timedelta(days=7)


class FactorResetQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(done_at=None, stopped_at=None)

    def to_confirm(self, now: datetime) -> Self:
        """Keep those that wait for the second administrator."""
        return self.open().filter(confirmed_by=None, asked_at__gt=now - UNCONFIRMED_LIFETIME)


class FactorReset(PublicIdModel):
    """The recovery of somebody who lost the phone or key: asked by one administrator, confirmed by
    another, then a delay in which the person can stop it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="factor_resets")
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    due_at = models.DateTimeField(null=True)  # set when it is confirmed
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    stopped_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = FactorResetQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(done_at=None, stopped_at=None),
                name="one_open_factor_reset_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("asked_by"))
                & ~Q(user=F("asked_by"))
                & ~Q(user=F("confirmed_by")),
                name="factor_reset_by_two_others",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None)
                | Q(confirmed_by__isnull=False, due_at__lte=F("done_at"), stopped_at=None),
                name="factor_reset_done_when_due",
            ),
        ]
