from django.db import migrations, models


class Migration(migrations.Migration):
    # The table keeps its name: workers of the former release still use it.
    dependencies = [("engagement", "0006_records_outlive_units")]
    operations = [
        migrations.AlterModelTable("deskallowance", "engagement_deskallowance"),
        migrations.RenameModel("DeskAllowance", "ReplyAllowance"),
        migrations.AlterField(
            "replyallowance",
            "unit",
            models.OneToOneField(
                on_delete=models.deletion.PROTECT, related_name="reply_allowance", to="units.unit"
            ),
        ),
    ]
