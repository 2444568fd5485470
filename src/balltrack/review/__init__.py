"""A person looks at labels in a browser, and puts them right."""
