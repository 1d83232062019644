"""Projects that ``minitfx template copy`` copies."""
