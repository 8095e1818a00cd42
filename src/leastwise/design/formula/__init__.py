"""The formula language: R's grammar for linear models, parsed, never evaluated."""
