"""Files that outlive a request, on a disk of our own."""
