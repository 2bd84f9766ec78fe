"""Logo in mail: attached and named by its Content-ID, so that nothing is fetched to show it."""

from email.mime.image import MIMEImage

from django.core.mail import EmailMultiAlternatives

from downloads.brand.logos import logo_for_mail
from downloads.models import Shop


class MailLogo:
    """A shop's logo as a part of one mail; without one, or while it cannot be read, nothing."""

    def __init__(self, shop: Shop) -> None:
        self._content = logo_for_mail(shop)
        name = str(shop.logo.name).rpartition("/")[2]
        self.content_id = f"{name}@logo"
        self.source = f"cid:{self.content_id}" if self._content else ""

    def attach_to(self, message: EmailMultiAlternatives) -> None:
        """Attach the picture beside the HTML that shows it, not as a file to be saved."""
        if not self._content:
            return
        image = MIMEImage(self._content, "png")
        image["Content-ID"] = f"<{self.content_id}>"
        image.add_header("Content-Disposition", "inline", filename="logo.png")
        message.attach(image)
        message.mixed_subtype = "related"  # type: ignore[attr-defined]
