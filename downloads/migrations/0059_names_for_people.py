"""Name for people what the audit trail and the admin tell of. Nothing of the tables changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0058_attachment_tables"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="staffnote",
            options={
                "ordering": ("-at", "-id"),
                "verbose_name": "note",
                "verbose_name_plural": "notes",
            },
        ),
        migrations.AlterModelOptions(
            name="statusmeaning",
            options={
                "ordering": ("status",),
                "verbose_name": "status meaning",
                "verbose_name_plural": "status meanings",
            },
        ),
    ]
