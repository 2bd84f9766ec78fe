from django.db import migrations

# Only premium may show links in a storefront.
PLANS = {"free": False, "basic": False, "growth": False, "premium": True}


def add_plans(apps, schema_editor):
    Plan = apps.get_model("downloads", "Plan")
    for name, customer_account_links in PLANS.items():
        Plan.objects.get_or_create(
            name=name, defaults={"customer_account_links": customer_account_links}
        )


def remove_unused_plans(apps, schema_editor):
    Plan = apps.get_model("downloads", "Plan")
    Plan.objects.filter(name__in=PLANS, shop=None).delete()


class Migration(migrations.Migration):
    dependencies = [("downloads", "0001_initial")]

    operations = [migrations.RunPython(add_plans, remove_unused_plans)]
