"""Colouring region by region as a decision process: drawings, moves, returns, exact values."""
