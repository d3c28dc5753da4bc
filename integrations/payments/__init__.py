"""Payment providers: the adapter of a real one, and a stand-in for it in a process of its own."""
