"""A Delivery remembers the end of its click's address: not before that may it go."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("downloads", "0021_mail_of_wrong_tries")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="valid_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
