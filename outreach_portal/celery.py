import os

from celery import Celery
from celery.signals import celeryd_init

from outreach_portal import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
file_broker.use()

app = Celery("outreach_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def check_installation(**_: object) -> None:
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    from outreach_portal import guard

    if settings.PRODUCTION:
        try:
            guard.refuse_try_out_accounts()
        except ImproperlyConfigured as unsafe:
            raise SystemExit(str(unsafe)) from None  # a signal swallows any lesser exception, and the worker would run
