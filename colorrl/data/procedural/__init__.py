"""Drawings made from random numbers."""
