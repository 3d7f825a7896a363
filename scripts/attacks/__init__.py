"""What attack.py does to a server: a table of attacks, each one small function."""
