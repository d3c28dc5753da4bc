"""What partners send, read strictly into the values of this room."""
