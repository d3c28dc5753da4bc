"""Files exchanged with a bank (ISO 20022): transfers out, statements of account in."""
