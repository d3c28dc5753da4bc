"""Files full of purchases: where they come from, how they are laid out, and how they are taken."""
