"""Parts of the generator of samples/; see samples/README.md."""
