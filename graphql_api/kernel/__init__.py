"""What every noun stands on. So far: the codec of what is stored."""
