"""Folds, one fit, and the whole cross-validated protocol."""
