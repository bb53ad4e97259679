"""The few routines that make it fast; each has a plain oracle in the tests."""
