"""Serve Instagram's own login."""

from __future__ import annotations

from simulator.platforms.instagram.spec import APPS, SCOPES
from simulator.platforms.meta.consent import AccountConsent


class InstagramConsent(AccountConsent):
    paths = ("/instagram/www/oauth/authorize",)
    apps, scopes = APPS, SCOPES
