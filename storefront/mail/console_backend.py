"""Mail on the console, as its reader sees it: for a laptop, where nothing is sent."""

from django.core.mail import EmailMessage
from django.core.mail.backends import console


class EmailBackend(console.EmailBackend):
    """Django's own prints what goes over the wire, where a link is cut into pieces."""

    def write_message(self, message: EmailMessage) -> None:
        head = {"From": message.from_email, "To": ", ".join(message.to), "Subject": message.subject}
        for name, value in head.items():
            self.stream.write(f"{name}: {value}\n")
        self.stream.write(f"\n{message.body}\n{'-' * 79}\n")
