"""Pictures and other files of items."""
