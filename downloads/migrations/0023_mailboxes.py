"""One mailbox is one address: A to Z alone are compared without their case.

Steps: these refuse nothing that the former ones let in, so the release before goes on as it did.
Its look-ups by address go without an index meanwhile.
"""

from django.db import migrations, models

from downloads.models.ascii_lower import AsciiLower


class Migration(migrations.Migration):
    dependencies = [("downloads", "0022_end_of_addresses")]

    operations = [
        migrations.RemoveConstraint(
            model_name="account", name="account_email_is_unique_in_its_shop"
        ),
        migrations.RemoveConstraint(
            model_name="customer", name="customer_email_is_unique_in_its_shop"
        ),
        # What these compare as one, the former ones did too: they hold for all rows there are.
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                models.F("shop"), AsciiLower("email"), name="account_email_is_unique_in_its_shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                models.F("shop"),
                AsciiLower("email"),
                name="customer_email_is_unique_in_its_shop",
                violation_error_message="This shop has a customer with this address already.",
            ),
        ),
        migrations.AddField(
            model_name="mail",
            name="counted_as",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=32
            ),
        ),
        migrations.AddField(
            model_name="mail",
            name="is_known",
            field=models.BooleanField(editable=False, null=True),
        ),
    ]
