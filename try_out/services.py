"""What the try-out does at each start."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Replace

from channels.models import Channel
from publishing.models import Delivery


def follow_simulator() -> None:
    """The simulator may stand on another port than last time: links to its pages that were stored follow it."""
    rows = [(Delivery, "permalink"), (Channel, "address")]
    for model, name in rows:
        for link in model.objects.exclude(**{name: ""}).values_list(name, flat=True)[:1]:
            was = "{0.scheme}://{0.netloc}/".format(urlsplit(link))
            here = f"{settings.SIMULATOR_URL}/"
            if was != here:
                stored = model.objects.filter(**{f"{name}__startswith": was})
                stored.update(**{name: Replace(F(name), Value(was), Value(here))})
