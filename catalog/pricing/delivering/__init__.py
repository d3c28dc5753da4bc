"""What delivery costs: tariffs by zone and weight, pick-up points, sizes."""
