"""Policies that ship with the package, one folder each, found by name."""
