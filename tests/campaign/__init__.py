"""Orders by the hundred through suppliers that fail, in a product that is killed all the while."""
