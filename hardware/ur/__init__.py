"""The driver of a Universal Robots controller with a Robotiq 2F-85."""
