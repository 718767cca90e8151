from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.second_factors.resealing import reseal_factors
from campaigns.partners.agreements import reseal_contacts
from channels.credentials.sealing import reseal_all


class Command(BaseCommand):
    help = (
        "Seals channels' tokens, second factors and partners' contacts with the first of "
        "CREDENTIAL_KEYS, while the portal runs."
    )

    def handle(self, *args: object, **options: object) -> None:
        counts = reseal_all(now=timezone.now()) + reseal_factors() + reseal_contacts()
        outcomes = {
            "resealed": "sealed with the first key",
            "current": "were so already",
            "renewing": "are being renewed just now: run this again in five minutes",
            "no_key": "open with none of the keys: add the missing key, or connect and enrol again",
        }
        for name, text in outcomes.items():
            self.stdout.write(f"{counts[name]:6} {text}")
        if counts["renewing"] or counts["no_key"]:
            raise CommandError("Keep the older keys: not everything is sealed with the first one.")
