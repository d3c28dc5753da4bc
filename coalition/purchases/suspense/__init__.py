"""What waits for its member: put aside, shown to staff, posted when the member comes."""
