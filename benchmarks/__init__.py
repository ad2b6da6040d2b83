"""Figures, one JSON line each: ``python -m benchmarks [NAME …]``."""
