"""The demo: a seeded coalition on embedded servers, brought up and watched over by one process."""
