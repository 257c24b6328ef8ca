"""What can be known of a value: plain frozen data and its algebra."""
