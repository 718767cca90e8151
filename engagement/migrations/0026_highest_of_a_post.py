"""The highest figure of a post's publications on a day, by which the best of a campaign are found."""

from django.db import migrations, models

from core.migration_operations import RunStatements

_DAY = {
    "postgresql": "(delivery.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
    "sqlite": "date(delivery.published_at, '+7 hours')",
}


def _filled(vendor):
    return f"""
        UPDATE engagement_postday SET highest = found.highest FROM (
            SELECT delivery.post_id, delivery.unit_id, {_DAY[vendor]} AS day,
                MAX(COALESCE(measurement.reach, measurement.views)) AS highest
            FROM publishing_delivery AS delivery
            JOIN engagement_measurement AS measurement ON measurement.delivery_id = delivery.id
            WHERE delivery.published_at IS NOT NULL GROUP BY 1, 2, 3
        ) AS found
        WHERE found.post_id = engagement_postday.post_id AND found.highest IS NOT NULL
            AND found.unit_id = engagement_postday.unit_id AND found.day = engagement_postday.day
    """  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [
        ("engagement", "0025_sums_of_provinces_that_fell_due"),
    ]

    operations = [
        migrations.AddField(
            model_name="postday",
            name="highest",
            field=models.BigIntegerField(null=True),
        ),
        RunStatements({vendor: (_filled(vendor),) for vendor in _DAY}, dict.fromkeys(_DAY, ())),
    ]
