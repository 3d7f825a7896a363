"""Items, locations and the ledger of their stock."""
