"""The colouring page: a local server over a folder of sketches, and the page it serves."""
