"""The named answer: what the user holds."""
