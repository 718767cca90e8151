from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator


class ResetTokenGenerator(PasswordResetTokenGenerator):
    """Bind a token to the addresses of its account, as allauth's own does; but write nothing, so
    that it takes the same steps for an account that does not exist.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        added = EmailAddress.objects.filter(user_id=user.pk).values_list("email", flat=True)
        addresses = "|".join(sorted({user.email, *added}))
        return f"{super()._make_hash_value(user, timestamp)}{addresses}"
