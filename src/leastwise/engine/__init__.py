"""Who drives the folds: plans, routes."""
