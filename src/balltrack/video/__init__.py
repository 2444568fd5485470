"""Reading videos: probing, three libraries behind one face, decoding ahead."""
