import pytest
from django.db import connection
from django.test import override_settings

from campaigns.kits.models import Adoption
from channels.models import Channel, PageCheck
from core.errors import Refused
from engagement.models import Count
from engagement.rollups import services
from posts.models import Post
from publishing.models import Delivery
from tests import factories
from try_out import national


def indexes():
    """Count the indexes of each table, partitions among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, COUNT(*) FROM pg_indexes WHERE schemaname = current_schema() "
            "GROUP BY tablename"
        )
        return dict(cursor.fetchall())


@pytest.mark.django_db
def test_a_national_load_fills_an_empty_database_once():
    for _number in range(3):
        factories.UnitFactory()
    with override_settings(PRODUCTION=True), pytest.raises(Refused):
        list(national.seed_nation(share=0.0002))

    before = indexes()
    assert list(national.seed_nation(share=0.0002)) == list(national.STEPS)
    assert indexes() == before
    assert Post.objects.count() == 80
    assert Delivery.objects.filter(state="published").exists()
    assert Count.objects.exists()
    assert Adoption.objects.filter(kit__current__state="issued").exists()
    assert PageCheck.objects.count() == Channel.objects.count()
    services.rebuild_all()
    assert services.find_differences() == {}
    with pytest.raises(Refused):
        list(national.seed_nation(share=0.0002))
