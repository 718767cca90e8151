import gc
import os

from celery import Celery
from celery.signals import celeryd_init, task_postrun, task_prerun, worker_ready

from outreach_portal import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
# `migrate` makes Django's checks before anything starts. Made in each worker, they would load every page: 16 MB.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")
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


@worker_ready.connect
def collect_garbage_less_often(**_: object) -> None:
    """A rush makes objects by the hundred thousand, and few of them are garbage: at Python's own pace a quarter of a
    publishing worker's time went into looking for it. What has been loaded by now stays, and is left out."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@task_prerun.connect
@task_postrun.connect
def mind_connections(task: object, **_: object) -> None:
    """What Django does around a request: ends connections that are broken or too old, and keeps the others."""
    from django.db import close_old_connections

    if not task.request.is_eager:
        close_old_connections()
