"""Videos whose frames are pictures, each a file of its own."""
