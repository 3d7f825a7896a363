"""Notifications: messages to a user, a role or everyone, stored and live."""
