"""Coming in without being signed in: by an invitation, by registering, by a new password, by a second factor."""
