"""minitfx: TFX's pipelines, light, for any framework."""
