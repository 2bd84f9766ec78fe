"""Keys made until now end in no checksum and are refused: the admin is to show them so."""

from django.db import migrations
from django.utils import timezone


def close(apps, schema_editor):
    keys = apps.get_model("storefront", "StorefrontKey").objects.using(
        schema_editor.connection.alias
    )
    keys.filter(revoked_at=None).update(revoked_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("storefront", "0003_keys_and_exchanges")]

    # Backwards they stay closed: a key is nothing to open again by itself.
    operations = [migrations.RunPython(close, migrations.RunPython.noop)]
