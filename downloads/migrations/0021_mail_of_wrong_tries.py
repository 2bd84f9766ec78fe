from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0020_next_in_turn"),
    ]

    operations = [
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
                ],
                max_length=12,
                verbose_name="about",
            ),
        ),
    ]
