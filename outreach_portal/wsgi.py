import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from outreach_portal import guard  # noqa: E402

if settings.PRODUCTION:
    guard.log_missing_protections()
    guard.refuse_try_out_accounts()
    guard.refuse_without_break_glass()
