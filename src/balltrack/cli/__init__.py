"""The command line: one file a command, from options to one library call to what is printed."""
