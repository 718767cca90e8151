"""The line above a new post: what fits today, and the unit's own post that did best."""

from datetime import timedelta

import pytest
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagement.models import Measurement
from posts.library.reach import find_good_posts, sum_views_of_templates
from posts.models import Post
from tests import factories

pytestmark = pytest.mark.django_db


def published(unit, views: int | None, **fields):
    """Make a post that stood for ten days and was seen so often."""
    row = factories.live_delivery(unit=unit, published_at=timezone.now() - timedelta(days=10))
    Measurement.objects.create(delivery=row, views=views)
    Post.objects.filter(pk=row.post_id).update(**fields, version=2)
    return row.post


def shown(unit) -> str:
    source = "{% load starters %}{% library_starters unit %}"
    return Template(source).render(Context({"unit": unit}))


def test_it_offers_templates_that_fit_and_the_post_that_did_best():
    unit = factories.UnitFactory()
    template = factories.template(unit)
    for views in (100, 110, 90, None):
        published(unit, views)
    best = published(unit, 900, title="Bài hay nhất")
    published(factories.UnitFactory(), 90_000, title="Của nơi khác")

    with CaptureQueriesContext(connection) as asked:
        page = shown(unit)

    # Its name comes with it, for a post with a label of its own too.
    named = [query["sql"] for query in asked if 'FROM "posts_post" WHERE' in query["sql"]]
    assert len(named) == 1
    assert [good.post for good in find_good_posts(unit)] == [best.pk]
    assert (template.title in page, "Bài hay nhất" in page, "Của nơi khác" in page) == (
        True,
        True,
        False,
    )


def test_of_few_posts_none_is_called_the_best_and_an_empty_library_says_nothing():
    unit = factories.UnitFactory()
    for views in (1, 1000):
        published(unit, views)

    assert (find_good_posts(unit), shown(unit).strip()) == ([], "")


def test_views_of_a_template_are_those_of_the_posts_that_began_from_it():
    unit = factories.UnitFactory()
    row, unused = factories.template(unit), factories.template(unit)
    published(unit, 100, template=row)
    published(unit, 50, template=row)
    published(unit, None, template=row)
    published(unit, 7)

    found = sum_views_of_templates([row.pk, unused.pk])

    assert {key: tuple(views) for key, views in found.items()} == {row.pk: (150, 2)}
