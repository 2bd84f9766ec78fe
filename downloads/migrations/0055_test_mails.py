"""Let staff send themselves a mail to see what the shop's look like."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0054_news_for_staff"),
    ]

    operations = [
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("order", "Downloads are ready"),
                    ("links", "Links, asked for again"),
                    ("registration", "Confirm the address of a sign-in"),
                    ("password", "Choose a new password"),
                    ("sign_in", "Wrong passwords at the sign-in of staff"),
                    ("set_aside", "Messages of the shop that were set aside"),
                    ("once", "Downloads are ready, sent once to another address"),
                    ("moved", "Mail of the order goes to another address now"),
                    ("staff_link", "Choose a new password, for staff"),
                    ("invitation", "Invitation of staff"),
                    ("used_up", "Downloads that buyers have used up"),
                    ("figures", "Figures of the week"),
                    ("test", "A test of what the shop's mail looks like"),
                ],
                max_length=12,
                verbose_name="about",
            ),
        ),
    ]
