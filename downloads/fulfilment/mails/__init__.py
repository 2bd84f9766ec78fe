"""Outgoing mail: order mails, requested mails, alerts, and the outbox that sends each once."""
