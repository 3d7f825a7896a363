"""A real-time inventory GraphQL API: a provable ledger, alerts, and live subscriptions."""

__version__ = "0.1.0"
