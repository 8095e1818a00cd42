"""Renderers: they read records, never arrays of rows."""
