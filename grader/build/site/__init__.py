"""The reader's site: the released notebooks as pages, with working maths, no script and no request to anywhere."""
