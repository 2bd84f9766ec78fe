"""Previews of a shop's page and mail, and a test mail to whoever looks. Nothing spends anything."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from downloads.bidi import isolate
from downloads.brand.example import example_order
from downloads.brand.trials import send_test_mail
from downloads.errors import BadInput
from downloads.models import Shop
from downloads.models.shops import LANGUAGES
from storefront.admin.base import ScopedAdmin
from storefront.brand.preview import language_of, mail_preview
from storefront.pages.orders import page_context


class PreviewsBrand(ScopedAdmin):
    """What a shop's customers see, by a look that counts nothing."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/page/", view(self.see_page), name="shop_page"),
            path("<int:number>/mail/", view(self.see_mail), name="shop_mail"),
            path("<int:number>/mail.css", view(self.mail_sheet), name="shop_mail_sheet"),
            path("<int:number>/test-mail/", view(self.test_mail), name="shop_test_mail"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def see_page(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Show the page of an example order."""
        shop, at = self._permitted(request, number, "view"), timezone.now()
        context = page_context(example_order(shop, at=at), at=at, is_preview=True)
        return self._shown(request, shop, "page", context)

    @method_decorator(require_safe)
    def see_mail(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Show the mail about an example order, in each language."""
        shop = self._permitted(request, number, "view")
        language = language_of(request.GET.get("language", ""), shop)
        context = {
            "mail": mail_preview(shop, language, at=timezone.now()),
            "language": language,
            "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
            "languages": LANGUAGES,
        }
        return self._shown(request, shop, "mail", context)

    @method_decorator(require_safe)
    def mail_sheet(self, request: HttpRequest, number: int) -> HttpResponse:
        """Send the styles of that mail, which our policy lets through as a style sheet alone."""
        shop = self._permitted(request, number, "view")
        language = language_of(request.GET.get("language", ""), shop)
        mail = mail_preview(shop, language, at=timezone.now())
        return HttpResponse(mail.sheet, content_type="text/css")

    @method_decorator(require_POST)
    def test_mail(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Send the reader the mail about an example order."""
        shop = self._permitted(request, number, "change")
        try:
            mail = send_test_mail(shop, getattr(request.user, "email", ""), at=timezone.now())
        except BadInput as error:
            messages.error(request, str(error))
        else:
            words = _("A test mail goes to {email}, in the language of the shop.")
            messages.success(request, words.format(email=isolate(mail.email)))
        return HttpResponseRedirect(reverse("admin:downloads_shop_change", args=[shop.pk]))

    def _permitted(self, request: HttpRequest, number: int, verb: str) -> Shop:
        shop = self.get_object(request, str(number))
        if shop is None:
            raise Http404
        if not self.may(request, verb, shop):
            raise PermissionDenied
        return shop

    def _shown(
        self, request: HttpRequest, shop: Shop, kind: str, context: dict[str, Any]
    ) -> TemplateResponse:
        template = f"admin/downloads/shop/{kind}.html"
        shown = context | {"original": shop, "is_preview": True}
        response = TemplateResponse(request, template, shown)
        response["Referrer-Policy"] = "no-referrer"
        return response
