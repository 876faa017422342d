"""The catalogue in the owner's chat."""
