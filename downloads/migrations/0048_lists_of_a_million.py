"""Show the newest of a million rows, and what is rare among them, by an index."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("downloads", "0046_words_of_attaching"),
    ]

    operations = [
        AddIndexWhileServing(
            model_name="auditentry",
            index=models.Index(fields=["-at", "-id"], name="audit_by_time"),
        ),
        AddIndexWhileServing(
            model_name="mail",
            index=models.Index(fields=["-created_at", "-id"], name="mail_by_time"),
        ),
        AddIndexWhileServing(
            model_name="mail",
            index=models.Index(
                condition=models.Q(
                    ("bounced_at__isnull", False),
                    ("state__in", ("set_aside", "doubtful")),
                    _connector="OR",
                ),
                fields=["order"],
                name="mail_in_trouble",
            ),
        ),
        AddIndexWhileServing(
            model_name="message",
            index=models.Index(fields=["-received_at", "-id"], name="message_by_time"),
        ),
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(fields=["-placed_at", "-id"], name="order_by_time"),
        ),
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(fields=["shop", "-placed_at", "-id"], name="order_by_shop_and_time"),
        ),
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(
                condition=models.Q(("payment", "paid"), _negated=True),
                fields=["payment", "-placed_at", "-id"],
                name="order_not_paid",
            ),
        ),
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(
                condition=models.Q(("hold", ""), _negated=True),
                fields=["-placed_at", "-id"],
                name="order_that_waits",
            ),
        ),
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(
                condition=models.Q(
                    models.Q(("notes", []), _negated=True),
                    ("is_token_taken", True),
                    ("former_platform_id__isnull", False),
                    ("is_test", True),
                    ("parent_platform_id__isnull", False),
                    _connector="OR",
                ),
                fields=["-placed_at", "-id"],
                name="order_with_notes",
            ),
        ),
    ]
