"""Alerts: low stock and out of stock, raised as they happen and checked on a schedule."""
