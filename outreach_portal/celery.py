import os

from celery import Celery
from celery.signals import celeryd_init, task_postrun, task_prerun

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


@task_prerun.connect
@task_postrun.connect
def mind_connections(task: object, **_: object) -> None:
    """What Django does around a request: ends connections that are broken or too old, and keeps the others."""
    from django.db import close_old_connections

    if not task.request.is_eager:
        close_old_connections()
