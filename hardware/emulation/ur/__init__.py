"""A Universal Robots controller with a 2F-85, emulated down to its TCP ports."""
