import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0003_policies_and_ranks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=20)),
                ("topic", models.CharField(max_length=100)),
                ("delivery_id", models.CharField(max_length=100, verbose_name="delivery")),
                ("body", models.TextField(blank=True)),
                ("person", models.TextField(blank=True)),
                ("about_customer", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("applied", "Applied"),
                            ("set_aside", "Set aside"),
                            ("ignored", "Nothing to do"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("received_at", models.DateTimeField(verbose_name="received")),
                ("due_at", models.DateTimeField(verbose_name="next try")),
                ("applied_at", models.DateTimeField(null=True, verbose_name="applied")),
            ],
            options={
                "ordering": ("-received_at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="message",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="downloads.shop",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["due_at", "id"],
                name="message_waiting_longest",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["shop", "about_customer"], name="message_about_customer"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                fields=("shop", "source", "topic", "delivery_id"), name="message_is_stored_once"
            ),
        ),
    ]
