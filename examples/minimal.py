"""From a table in memory to a pushed model, on scikit-learn's breast cancer: python minimal.py"""

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import minitfx

SPACE = {"logisticregression__C": {"low": 0.001, "high": 10.0, "log": True}}
METRICS = [{"class_name": "AUC", "threshold": {"value_threshold": {"lower_bound": 0.95}}}]
EVAL_CONFIG = {"model_specs": [{"label_key": "target"}], "metrics_specs": [{"metrics": METRICS}]}
DESTINATION = {"filesystem": {"base_directory": "minimal_model"}}


def create_pipeline(pipeline_root="minimal_output"):
    """Return a pipeline that tunes, trains, judges and pushes one model."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    data = minitfx.DataFrameExampleGen(data=load_breast_cancer(as_frame=True).frame)
    rows = data.outputs["examples"]
    stats = minitfx.StatisticsGen(examples=rows)
    schema = minitfx.SchemaGen(statistics=stats.outputs["statistics"])
    tuner = minitfx.Tuner(examples=rows, estimator=model, label="target", search_space=SPACE,
                          metric="roc_auc", n_trials=10, folds=3)  # fmt: skip
    trainer = minitfx.Trainer(examples=rows, estimator=model, label="target",
                              schema=schema.outputs["schema"],
                              hyperparameters=tuner.outputs["best_hyperparameters"])  # fmt: skip
    trained = trainer.outputs["model"]
    judge = minitfx.Evaluator(examples=rows, model=trained, eval_config=EVAL_CONFIG)
    pusher = minitfx.Pusher(model=trained, model_blessing=judge.outputs["blessing"],
                            push_destination=DESTINATION)  # fmt: skip
    nodes = [data, stats, schema, tuner, trainer, judge, pusher]
    return minitfx.Pipeline("minimal", pipeline_root, nodes, enable_cache=True)


if __name__ == "__main__":
    print(minitfx.LocalDagRunner().run(create_pipeline()))
