"""Pages that we serve ourselves: health, metrics, and what people look at."""
