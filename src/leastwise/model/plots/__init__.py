"""Plots as records: a file a plot, each returns panels."""
