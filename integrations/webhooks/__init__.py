"""Partners' endpoints: being told by Standard Webhooks."""
