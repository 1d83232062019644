"""The flavours that minitfx brings; each is one module with a ``FLAVOUR``."""
