"""Several server processes on one database, whatever happens to them: a campaign with an oracle."""
