"""Recorded demonstrations: a LeRobot dataset v3 of joint states, commands and camera pictures."""
