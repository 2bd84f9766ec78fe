"""The words of our mails, in the shop's language."""

from storefront.mail.messages.compose import compose, message_id_of

__all__ = ["compose", "message_id_of"]
