"""Users, passwords, tokens, sessions and roles."""
