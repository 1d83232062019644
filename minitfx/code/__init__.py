"""User code: referred to, loaded in place, and taken apart for the fingerprint."""

from minitfx.code.reach import Reach, project_files, reach
from minitfx.code.reference import CodeReference

__all__ = ["CodeReference", "Reach", "project_files", "reach"]
