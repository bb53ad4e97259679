"""Measurements behind every claim about speed and memory: ``make bench``."""
