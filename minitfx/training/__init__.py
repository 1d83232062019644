"""Training and tuning: what a ``run_fn`` and a ``tuner_fn`` get, and what becomes of it.

::

    FnArgs ──► run_fn ──► a saved model                    (train)
           ──► an estimator, fitted and saved              (train_estimator)
           ──► tuner_fn ──► TunerFnResult ──► a study      (run_study, write_study)
"""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Columns": "labelled_rows",
        "DataAccessor": "data",
        "FnArgs": "fn_args",
        "RecordBatchesOptions": "batch",
        "RunLog": "run_log",
        "Search": "search",
        "TunerFnResult": "tuner_fn_result",
        "best_trials": "trials",
        "chosen_trial": "trials",
        "count_examples": "example_counts",
        "declared_search": "search",
        "read_hyperparameters": "hyperparameters",
        "read_run_log": "run_log",
        "run_study": "study",
        "summary": "trials",
        "train": "trainer",
        "train_estimator": "estimator",
        "trials_table": "trials",
        "tuner_result": "tuner_fn_result",
        "write_study": "trials",
        "write_run_table": "run_log",
    },
)
