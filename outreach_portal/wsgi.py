import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from core import installation  # noqa: E402
from outreach_portal import guard  # noqa: E402

if settings.DEPLOYED:
    guard.log_missing_protections()
    installation.refuse_foreign_database()
    guard.refuse_try_out_accounts()
if settings.PRODUCTION:
    guard.refuse_without_break_glass()
