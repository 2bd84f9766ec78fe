"""Plans, shops and their customers."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from downloads.bidi import isolate
from downloads.brand.fields import Branded
from downloads.tenancy import ITSELF, SHARED
from downloads.time_zones import check_time_zone

DEFAULT_PLAN = "premium"
DEFAULT_TITLE = gettext_noop("Download files for your orders")
# Each calls itself by its own name. `storefront/locale/` has the words of each.
LANGUAGES = (
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("en", "English"),
    ("es", "Español"),
    ("fr", "Français"),
    ("he", "עברית"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt", "Português"),
)


class Plan(models.Model):
    """What a shop may use: one named gate per feature."""

    shop_path = SHARED
    audited = ("customer_account_links",)

    name = models.SlugField(primary_key=True, max_length=30)
    customer_account_links = models.BooleanField(
        _("customer-account links"),
        default=False,
        help_text=_("Shops on this plan may show download links in their storefront."),
    )

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name.title()


class Shop(Branded):
    """One merchant: plan, words on the page, defaults, policies.

    `reported_at` is the time of the newest report about the shop itself.
    """

    shop_path = ITSELF
    audited = (
        *("name", "domain", "plan", "page_title", "page_text", "link_urls", "default_limit"),
        "default_lifetime_days",
        *("opens_when", "amount_refunds", "closes_order_assets", "holds_high_risk"),
        *("mails_buyers", "language", "time_zone", "reply_to", "mail_text", "uninstalled_at"),
        *("support_most_downloads", "support_most_days", "support_copies_links"),
        *("mails_used_up", "mails_figures"),
        *("accent", "logo", "address", "support", "imprint"),
    )

    class OpensWhen(models.TextChoices):
        PLACED = "placed", _("The order is placed, paid or not")
        AUTHORIZED = "authorized", _("The payment is authorised")
        PAID = "paid", _("The payment has arrived")

    class AmountRefunds(models.TextChoices):
        KEEP = "keep", _("Leave the downloads open")
        REVOKE = "revoke", _("Close the order's downloads")

    class LinkUrls(models.TextChoices):
        DIRECT = "direct", _("Show the link's own address")
        COUNTED = "counted", _("Count each visit, then redirect to the link")

    name = models.CharField(max_length=200, help_text=_("As your customers know it."))
    domain = models.CharField(
        max_length=253,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z",
                _("Enter the domain alone, in lower case, like my-store.example."),
            )
        ],
        help_text=_("The shop's own domain, like my-store.example. Orders are matched by it."),
    )
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, default=DEFAULT_PLAN)
    page_title = models.CharField(
        max_length=200, default=DEFAULT_TITLE, help_text=_("The heading of the download page.")
    )
    page_text = models.TextField(
        blank=True, help_text=_("Shown below the heading. Leave empty for none.")
    )
    link_urls = models.CharField(
        _("addresses of links"),
        max_length=10,
        choices=LinkUrls.choices,
        default=LinkUrls.DIRECT,
        help_text=_("What storefronts receive for a link in place of a file."),
    )
    default_limit = models.PositiveIntegerField(
        _("downloads per item"),
        null=True,
        blank=True,
        default=10,
        help_text=_(
            "Where neither the file nor what attaches it says otherwise. Leave empty for unlimited."
        ),
    )
    default_lifetime_days = models.PositiveIntegerField(
        _("days"),
        null=True,
        blank=True,
        validators=(MinValueValidator(1), MaxValueValidator(36_500)),
        help_text=_(
            "Days from the moment the customer may download, likewise. Leave empty for no end."
        ),
    )
    opens_when = models.CharField(
        _("downloads open when"),
        max_length=10,
        choices=OpensWhen.choices,
        default=OpensWhen.PAID,
    )
    amount_refunds = models.CharField(
        _("a refund of money alone"),
        max_length=10,
        choices=AmountRefunds.choices,
        default=AmountRefunds.KEEP,
        help_text=_("A refund that names no items. One that does closes those items in any case."),
    )
    closes_order_assets = models.BooleanField(
        _("close an order's own files and links with its items"),
        default=False,
        db_default=False,
        help_text=_("What you attached to an order itself closes once all its items went back."),
    )
    holds_high_risk = models.BooleanField(
        _("hold orders of high risk"),
        default=False,
        help_text=_("Orders that the platform calls high risk wait until you release them."),
    )
    mails_buyers = models.BooleanField(
        _("send buyers a mail"),
        default=True,
        help_text=_(
            "As soon as an order may be downloaded, its buyer gets one mail with the link."
        ),
    )
    language = models.CharField(
        max_length=7,
        choices=LANGUAGES,
        default="en",
        help_text=_("In which mails to your buyers are written."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        validators=[check_time_zone],
        help_text=_(
            "Like Europe/Berlin: times on your screens and in mails are of this zone. Leave empty "
            "for that of the installation."
        ),
    )
    reply_to = models.EmailField(
        _("answers go to"),
        blank=True,
        help_text=_("Your own mail address, for buyers who answer a mail. Leave empty for none."),
    )
    mail_text = models.TextField(
        _("your words"),
        blank=True,
        max_length=5_000,
        help_text=_("Added to each mail about an order. Leave empty for none."),
    )
    support_most_downloads = models.PositiveIntegerField(
        _("downloads that support may add"),
        default=5,
        db_default=5,
        help_text=_("To one download of an order, in all. 0: none."),
    )
    support_most_days = models.PositiveIntegerField(
        _("days that support may add"),
        default=30,
        db_default=30,
        help_text=_("To one download of an order, in all. 0: none."),
    )
    support_copies_links = models.BooleanField(
        _("support may copy links"),
        default=False,
        db_default=False,
        help_text=_("Whoever has the link to an order's page has its downloads."),
    )
    mails_used_up = models.BooleanField(
        _("a buyer has used up a download"),
        default=False,
        db_default=False,
        help_text=_("At most one mail a day to the owners and managers, with the orders."),
    )
    mails_figures = models.BooleanField(
        _("the figures of each week"),
        default=False,
        db_default=False,
        help_text=_("On Mondays, to the owners and managers."),
    )
    reported_at = models.DateTimeField(null=True, editable=False)
    # When its staff were last told of messages that were set aside.
    alerted_at = models.DateTimeField(null=True, editable=False)
    # Likewise of downloads that were used up; and the Monday of the newest mail with figures.
    used_up_told_at = models.DateTimeField(null=True, editable=False)
    figures_told_on = models.DateField(null=True, editable=False)
    uninstalled_at = models.DateTimeField(_("app removed on"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        ordering = ("domain",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(default_limit__isnull=True) | models.Q(default_limit__gte=1),
                name="shop_default_limit_is_unlimited_or_at_least_one",
                violation_error_message="Enter at least 1, or nothing for unlimited.",
            ),
        ]

    def __str__(self) -> str:
        return isolate(self.name)
