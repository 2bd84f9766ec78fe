import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0008_number_refunds"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="refund",
            name="refund_counts_once_in_its_order",
        ),
        migrations.RemoveConstraint(
            model_name="refundedline",
            name="refunded_line_is_unique_in_its_refund",
        ),
        migrations.RemoveField(
            model_name="refund",
            name="order",
        ),
        migrations.RemoveField(
            model_name="refundedline",
            name="line",
        ),
        migrations.AlterField(
            model_name="refund",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="downloads.shop"
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="order_platform_id",
            field=models.BigIntegerField(),
        ),
        migrations.AlterField(
            model_name="refundedline",
            name="line_platform_id",
            field=models.BigIntegerField(),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(
                fields=("shop", "order_platform_id", "platform_id"),
                name="refund_counts_once_in_its_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundedline",
            constraint=models.UniqueConstraint(
                fields=("refund", "line_platform_id"), name="refunded_line_is_unique_in_its_refund"
            ),
        ),
    ]
