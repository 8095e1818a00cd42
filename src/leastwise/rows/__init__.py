"""Frames and files become tables of named columns; nothing here knows a formula."""
