"""Who is looking at which item, who is editing it: fleeting, never in the log."""
