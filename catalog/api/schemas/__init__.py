"""What requests look like and what answers say, one module per resource; the OpenAPI document is made of these."""
