"""A partner's own files: read, laid out beside what we keep, compared as sets, and what differs kept."""
