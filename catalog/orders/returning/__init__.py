"""What comes back: asked for, received, inspected, and paid back in the units it was paid in."""
