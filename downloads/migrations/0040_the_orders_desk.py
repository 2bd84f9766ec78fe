"""Keep what staff note about an order, and what support may do to a download.

Steps: the condition lets in all that the former one did, and two kinds of mail that the release
before does not write.
"""

import django.db.models.deletion
from django.db import migrations, models

from downloads.migration_operations import AddColumn

ABOUT_ORDERS = ("kind__in", ("order", "once", "moved"))


class Migration(migrations.Migration):
    dependencies = [("downloads", "0039_failed_mails")]

    operations = [
        migrations.CreateModel(
            name="StaffNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("note", "Note"),
                            ("corrected", "Mail address corrected"),
                            ("forwarded", "Mail sent once to another address"),
                        ],
                        default="note",
                        max_length=10,
                    ),
                ),
                ("author", models.CharField(max_length=200, verbose_name="by")),
                ("text", models.TextField(blank=True, default="", max_length=2000)),
                ("former_email", models.CharField(blank=True, default="", max_length=254)),
                ("email", models.CharField(blank=True, default="", max_length=254)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staff_notes",
                        to="downloads.order",
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-id"),
                "indexes": [models.Index(fields=["author", "at"], name="staff_note_by_author")],
            },
        ),
        AddColumn(
            model_name="grant",
            name="extended_days",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        AddColumn(
            model_name="shop",
            name="support_copies_links",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whoever has the link to an order's page has its downloads.",
                verbose_name="support may copy links",
            ),
        ),
        AddColumn(
            model_name="shop",
            name="support_most_days",
            field=models.PositiveIntegerField(
                db_default=30,
                default=30,
                help_text="To one download of an order, in all. 0: none.",
                verbose_name="days that support may add",
            ),
        ),
        AddColumn(
            model_name="shop",
            name="support_most_downloads",
            field=models.PositiveIntegerField(
                db_default=5,
                default=5,
                help_text="To one download of an order, in all. 0: none.",
                verbose_name="downloads that support may add",
            ),
        ),
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("order", "Downloads are ready"),
                    ("links", "Links, asked for again"),
                    ("registration", "Confirm the address of an account"),
                    ("password", "Choose a new password"),
                    ("sign_in", "Wrong passwords at the sign-in of staff"),
                    ("set_aside", "Messages of the shop that were set aside"),
                    ("once", "Downloads are ready, sent once to another address"),
                    ("moved", "Mail of the order goes to another address now"),
                ],
                max_length=12,
                verbose_name="about",
            ),
        ),
        # What the former one took, this one takes too: it holds for all rows there are.
        migrations.RemoveConstraint(model_name="mail", name="mail_about_an_order_names_it"),
        migrations.AddConstraint(
            model_name="mail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(ABOUT_ORDERS, ("order__isnull", False)),
                    models.Q(
                        models.Q(ABOUT_ORDERS, _negated=True),
                        ("order__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="mail_about_an_order_names_it",
            ),
        ),
    ]
