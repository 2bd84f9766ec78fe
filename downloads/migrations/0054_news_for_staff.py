"""Mail staff invitations, downloads that were used up and the figures of each week."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0053_mail_to_people"),
    ]

    operations = [
        AddColumn(
            model_name="invitation",
            name="sealed_token",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.AddField(
            model_name="shop",
            name="figures_told_on",
            field=models.DateField(editable=False, null=True),
        ),
        AddColumn(
            model_name="shop",
            name="mails_figures",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="On Mondays, to the owners and managers.",
                verbose_name="the figures of each week",
            ),
        ),
        AddColumn(
            model_name="shop",
            name="mails_used_up",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="At most one mail a day to the owners and managers, with the orders.",
                verbose_name="a buyer has used up a download",
            ),
        ),
        migrations.AddField(
            model_name="shop",
            name="used_up_told_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
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
                ],
                max_length=12,
                verbose_name="about",
            ),
        ),
    ]
