"""Serve Threads' login."""

from __future__ import annotations

from simulator.platforms.meta.consent import AccountConsent
from simulator.platforms.threads.spec import APPS, SCOPES


class ThreadsConsent(AccountConsent):
    paths = ("/threads/www/oauth/authorize",)
    apps, scopes = APPS, SCOPES
    response_types = ("code", None)  # libraries leave it out, and the dialog opens
