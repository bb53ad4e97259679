"""Figures as functions of tables and arrays; no streamlit here."""
