import gc
import logging.config
import os
import sys
from typing import TextIO

from celery import Celery
from celery.apps import worker
from celery.signals import (
    celeryd_init,
    heartbeat_sent,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_ready,
)

from core import logs
from outreach_portal import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
# `migrate` makes Django's checks before anything starts. Made in each worker, they would load every
# page: 16 MB.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")
file_broker.use()

app = Celery("outreach_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect  # which warns of things before it sets up its log
@setup_logging.connect
def log_as_the_web_does(**_: object) -> None:
    """Use the installation's own formatter: where this signal has a receiver, Celery sets up no
    other.
    """
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
    logging.captureWarnings(settings.DEPLOYED)
    if settings.DEPLOYED:
        worker.safe_say = _say


def _say(message: str, file: TextIO = sys.stderr) -> None:
    """Write a message in one call while the worker handles a signal, where it
    may wait for no lock.
    """
    record = logging.LogRecord(
        "celery.apps.worker", logging.WARNING, "", 0, message.strip(), None, None
    )
    os.write(file.fileno(), f"{logs.JsonFormatter().format(record)}\n".encode())


@celeryd_init.connect
def check_installation(**_: object) -> None:
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    from core import installation
    from outreach_portal import guard

    if settings.DEPLOYED:
        guard.log_missing_protections()
        try:
            installation.refuse_foreign_database()
            guard.refuse_try_out_accounts()
        except ImproperlyConfigured as unsafe:
            raise SystemExit(
                str(unsafe)
            ) from None  # a signal swallows any lesser exception, and the worker would run


@heartbeat_sent.connect
def prove_alive(**_: object) -> None:
    """Touch a file at each heartbeat, which deploy/alive looks at: the worker's loop turns, and the
    broker takes what it sends.
    """
    from django.conf import settings

    settings.ALIVE_FILE.touch()


@task_prerun.connect
def name_task(task_id: str, task: object, **_: object) -> None:
    if not task.request.is_eager:
        logs.task_id.set(task_id)


@task_postrun.connect
def forget_task(task: object, **_: object) -> None:
    if not task.request.is_eager:
        logs.task_id.set("")


@worker_ready.connect
def collect_garbage_less_often(**_: object) -> None:
    """Raise the threshold of the garbage collector and exclude what has been loaded by now. A rush
    makes objects by the hundred thousand, few of them garbage: with Python's default, collecting
    took a quarter of a publishing worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@task_prerun.connect
@task_postrun.connect
def mind_connections(task: object, **_: object) -> None:
    """Close connections that are broken or too old, and keep the others, as Django does around a
    request.
    """
    from django.db import close_old_connections

    if not task.request.is_eager:
        close_old_connections()
