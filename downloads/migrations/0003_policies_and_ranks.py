from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0002_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="described_rank",
            field=models.CharField(blank=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="customer",
            name="erased_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="erased on"),
        ),
        migrations.AddField(
            model_name="order",
            name="buyer_rank",
            field=models.CharField(blank=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="order",
            name="hold",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not held"),
                    ("dispute", "The payment is disputed"),
                    ("risk", "High risk of fraud"),
                ],
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="released_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="reported_payment",
            field=models.CharField(
                blank=True,
                choices=[
                    ("pending", "Not paid yet"),
                    ("authorized", "Authorised, not captured"),
                    ("paid", "Paid"),
                    ("voided", "Given up before it was captured"),
                    ("refunded", "All money given back"),
                ],
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="reported_rank",
            field=models.CharField(blank=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="product",
            name="described_rank",
            field=models.CharField(blank=True, editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="shop",
            name="amount_refunds",
            field=models.CharField(
                choices=[
                    ("keep", "Leave the downloads open"),
                    ("revoke", "Close the order's downloads"),
                ],
                default="keep",
                help_text="A refund that names no items. One that does closes those items in any case.",
                max_length=10,
                verbose_name="a refund of money alone",
            ),
        ),
        migrations.AddField(
            model_name="shop",
            name="holds_high_risk",
            field=models.BooleanField(
                default=False,
                help_text="Orders that the platform calls high risk wait until you release them.",
                verbose_name="hold orders of high risk",
            ),
        ),
        migrations.AddField(
            model_name="shop",
            name="opens_when",
            field=models.CharField(
                choices=[
                    ("placed", "The order is placed, paid or not"),
                    ("authorized", "The payment is authorised"),
                    ("paid", "The payment has arrived"),
                ],
                default="paid",
                max_length=10,
                verbose_name="downloads open when",
            ),
        ),
        migrations.AddField(
            model_name="shop",
            name="reported_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="shop",
            name="uninstalled_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="app removed on"),
        ),
    ]
