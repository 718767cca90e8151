import uuid

from django.db import models


class PublicIdModel(models.Model):
    """Addresses carry this id: it tells nobody how many rows there are, nor the next one."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
