"""Networks: private ranges servers and load balancers share."""
