import django.db.models.deletion
from django.db import migrations, models

from core.migration_operations import move_to_jobs


def describe_file(row):
    state = "waiting" if row["state"] == "waiting" else "done"
    return {"kind": "campaign_file", "state": state, "queued_at": row["added_at"]}


def make_job(**fields):
    return models.OneToOneField(
        to="core.job",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="campaign_file",
        **fields,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_jobs"),
        ("campaigns", "0012_passkeys_sign_kits"),
    ]

    operations = [
        migrations.AddField("campaignfile", "job", make_job(null=True)),
        move_to_jobs(
            "campaigns.CampaignFile", columns=["state", "added_at"], describe=describe_file
        ),
        migrations.AlterField("campaignfile", "job", make_job()),
        migrations.RemoveIndex("campaignfile", "campaign_file_to_check"),
        migrations.RemoveField("campaignfile", "attempts"),
        migrations.RemoveField("campaignfile", "leased_until"),
    ]
