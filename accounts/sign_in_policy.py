"""The ways of signing in that this installation offers: by password and factor, or by the
ministry's account.
"""

from django.conf import settings

# Under this name the sign-in's signal says that it came from the ministry, and the session that it
# did.
BY_MINISTRY = "ministry"


def ministry_is_on() -> bool:
    """Check whether this installation offers the ministry's sign-in."""
    return bool(settings.OIDC_ISSUER)


def ministry_is_required() -> bool:
    """Check whether everybody but break-glass accounts signs in by the ministry."""
    return ministry_is_on() and settings.OIDC_REQUIRED
