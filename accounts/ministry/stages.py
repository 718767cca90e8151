from typing import Any

from allauth.mfa.stages import AuthenticateStage

from accounts.sign_in_policy import BY_MINISTRY


class FactorStage(AuthenticateStage):
    """Ask for the second factor at a sign-in, unless the ministry says that it has done so."""

    def handle(self) -> tuple[Any, bool]:
        if (self.login.signal_kwargs or {}).get(BY_MINISTRY, {}).get("factor"):
            return None, True
        return super().handle()
