"""What people have as files, read as tables. Knows no database and no item."""
