"""Foreign loyalty programs over HTTP: points that leave for another program."""
