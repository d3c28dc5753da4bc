"""Speaking with suppliers: what is asked, what an answer means, and what follows from it for stock and points."""
