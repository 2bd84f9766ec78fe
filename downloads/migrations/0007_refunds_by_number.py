import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0006_data_requests"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="shop",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="downloads.shop",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="order_platform_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="refundedline",
            name="line_platform_id",
            field=models.BigIntegerField(null=True),
        ),
        # Nullable first, so that the way back has something to fill.
        migrations.AlterField(
            model_name="refund",
            name="order",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="refunds",
                to="downloads.order",
            ),
        ),
        migrations.AlterField(
            model_name="refundedline",
            name="line",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="refunded_lines",
                to="downloads.lineitem",
            ),
        ),
    ]
