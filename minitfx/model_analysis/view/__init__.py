"""Results of evaluations for a person: tables and charts as HTML that needs nothing else.

::

    tfma.view.render_slicing_metrics(result, slicing_column="country").save("metrics.html")

In a notebook what a function returns shows itself; outside, `Rendering.save` writes a page that
opens without a network, without a script, and on a phone.
"""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "EvalResult": "minitfx.model_analysis.results",
        "EvalResults": "minitfx.model_analysis.results",
        "Rendering": "rendering",
        "SlicedAttributions": "minitfx.model_analysis.results",
        "SlicedMetrics": "minitfx.model_analysis.results",
        "SlicedPlots": "minitfx.model_analysis.results",
        "render_plot": "plots",
        "render_slicing_attributions": "slicing_metrics",
        "render_slicing_metrics": "slicing_metrics",
        "render_time_series": "time_series",
    },
)
