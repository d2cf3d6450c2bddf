"""Colourings that a generator must be better than.

Each is a function (sketch, draw) -> flats (N, 3, H, W): ``sketch`` any batch, whose truth it never
looks at, and ``draw`` what decides its chances. Backgrounds stay paper.
"""
