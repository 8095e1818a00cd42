"""Panels drawn by matplotlib."""
