"""scX Explorer's core: from genome, annotation and cells to predictions and mutagenesis."""

__version__ = "0.1.0"
