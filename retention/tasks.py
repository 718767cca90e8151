import logging

from celery import shared_task

from core.errors import Refused
from retention import services

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def apply(**_: object) -> None:
    """Remove what is due, once a day. A second run at the same moment does nothing."""
    try:
        services.apply_rules()
    except Refused as refused:
        log.warning("retention was not applied: %s", refused)


@shared_task(ignore_result=True)
def sweep(*, classes: list[str], **_: object) -> None:
    """Remove technical rows that live for minutes or hours."""
    try:
        services.sweep_technical_rows(classes)
    except Refused as refused:
        log.info("not swept: %s", refused)
