"""What every adapter of a supplier must do, against vendors that run in processes of their own."""
