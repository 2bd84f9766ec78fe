"""Console email backend that prints mails readable: for a laptop, where nothing is sent."""

from django.core.mail import EmailMessage
from django.core.mail.backends import console


class EmailBackend(console.EmailBackend):
    """Print mails decoded: Django's own backend prints them encoded, their links cut."""

    def write_message(self, message: EmailMessage) -> None:
        head = {"From": message.from_email, "To": ", ".join(message.to), "Subject": message.subject}
        for name, value in head.items():
            self.stream.write(f"{name}: {value}\n")
        self.stream.write(f"\n{message.body}\n{'-' * 79}\n")
