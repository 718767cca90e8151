from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('key', models.CharField(blank=True, max_length=60)),
                ('facts', models.JSONField(default=dict)),
                ('opened_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('report_at', models.DateTimeField(null=True)),
                ('reports', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'ordering': ['-opened_at'],
                'indexes': [
                    models.Index(condition=models.Q(('report_at__isnull', False)), fields=['report_at'], name='alarm_to_tell'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('kind', 'key'), name='one_open_alarm'),
                ],
            },
        ),
    ]
