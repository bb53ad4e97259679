"""Xpresso: published Keras networks without a dataset, their predictions, and scans of regions."""
