"""The admin as an app whose site is ours. Read before any model is: it names the site alone."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "storefront.staff.admin_site.StaffSite"
