"""The synthetic demonstration: a small genome whose regulatory grammar is known."""
