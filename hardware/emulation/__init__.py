"""Servo boards that exist only as numbers, but speak the bytes of real ones."""
