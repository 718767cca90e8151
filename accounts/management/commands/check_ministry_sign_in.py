from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.ministry import break_glass
from accounts.ministry.provider import Provider, Unavailable
from accounts.sign_in_policy import ministry_is_on, ministry_is_required
from core.errors import Busy


class Command(BaseCommand):
    help = (
        "Asks the ministry's sign-in server for its description and keys, by the way "
        "that web processes take."
    )

    def handle(self, **options: Any) -> None:
        if not ministry_is_on():
            raise CommandError("OIDC_ISSUER is empty: the ministry's sign-in is off.")
        try:
            provider = Provider()
            for name, address in sorted(provider.description().items()):
                self.stdout.write(f"{name}: {address}")
            self.stdout.write(f"{len(provider.keys())} keys")
        except (Unavailable, Busy) as error:
            raise CommandError(f"The server cannot be used: {error}") from error
        ready = break_glass.count_usable()
        self.stdout.write(f"{ready} break-glass accounts would open today.")
        if ministry_is_required() and not ready:
            raise CommandError(
                "OIDC_REQUIRED needs a break-glass account: manage.py break_glass mark."
            )
