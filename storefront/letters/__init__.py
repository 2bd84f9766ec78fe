"""The words of our mails, in the shop's language."""

from storefront.letters.envelopes import compose, message_id_of

__all__ = ["compose", "message_id_of"]
