"""An RL run: its state, the steps of an update, advantages, objective, validation."""
