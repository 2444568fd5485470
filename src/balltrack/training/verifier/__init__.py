"""The network that looks a second time: its patches, its training, how far it is believed."""
