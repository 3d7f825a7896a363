"""Running the server: scheduler, health, metrics, logging, backup."""
