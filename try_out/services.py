"""The try-out's work at each start."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Replace

from channels.models import Channel
from links.models import Link
from publishing.models import Delivery


def follow_simulator() -> None:
    """Update the stored links to the simulator's pages: it may have another port than last time."""
    rows = [(Delivery, "permalink", [(Link, "target")]), (Channel, "address", [])]
    for model, name, copies in rows:
        for link in model._default_manager.exclude(**{name: ""}).values_list(name, flat=True)[:1]:
            was = "{0.scheme}://{0.netloc}/".format(urlsplit(link))
            here = f"{settings.SIMULATOR_URL}/"
            if was != here:
                for each, field in ((model, name), *copies):
                    stored = each._default_manager.filter(**{f"{field}__startswith": was})
                    stored.update(**{field: Replace(F(field), Value(was), Value(here))})
