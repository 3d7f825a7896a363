"""What every noun stands on: the codec of what is stored, and how tasks end."""
