"""The bridge itself: everything that would be the same without HTTP."""
