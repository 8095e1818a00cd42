"""Plots of a fit of a loss: a file each."""
