"""Mail content: templates, texts and composition, in the shop's language."""

from storefront.mail.messages.compose import compose, message_id_of

__all__ = ["compose", "message_id_of"]
