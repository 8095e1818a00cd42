"""What reports and files are made of: plain frozen records, no arrays of rows."""
