-- The catalog: MLMD's model. Every row is made from a record below .system, so that all of it can
-- be made anew. There are no keys and no indexes: one writer inserts, and nothing is updated but the
-- states of runs and artifacts that somebody deletes.

CREATE TABLE meta (name VARCHAR, value VARCHAR);

CREATE TABLE run (
    run_id VARCHAR, pipeline_name VARCHAR, root VARCHAR, state VARCHAR, started_at TIMESTAMP,
    seconds DOUBLE, parameters VARCHAR, base_run_id VARCHAR, host VARCHAR, pid BIGINT
);

CREATE TABLE artifact (
    id BIGINT, type VARCHAR, root VARCHAR, uri VARCHAR, state VARCHAR, digest VARCHAR, name VARCHAR,
    bytes BIGINT, is_external BOOLEAN, execution_id BIGINT, output_key VARCHAR, created_at TIMESTAMP
);

CREATE TABLE execution (
    id BIGINT, type VARCHAR, run_id VARCHAR, pipeline_name VARCHAR, node_id VARCHAR, state VARCHAR,
    cause VARCHAR, fingerprint VARCHAR, cached_from BIGINT, started_at TIMESTAMP, seconds DOUBLE,
    error VARCHAR, host VARCHAR, pid BIGINT
);

CREATE TABLE event (
    execution_id BIGINT, artifact_id BIGINT, type VARCHAR, key VARCHAR, position INTEGER
);

CREATE TABLE context (id BIGINT, type VARCHAR, name VARCHAR);
CREATE TABLE parent_context (context_id BIGINT, parent_id BIGINT);
CREATE TABLE attribution (context_id BIGINT, artifact_id BIGINT);
CREATE TABLE association (context_id BIGINT, execution_id BIGINT);

CREATE TABLE type (kind VARCHAR, name VARCHAR);

-- value is JSON; is_custom tells free-form properties from those that a type declares
CREATE TABLE artifact_property (artifact_id BIGINT, name VARCHAR, is_custom BOOLEAN, value VARCHAR);
CREATE TABLE execution_property (
    execution_id BIGINT, name VARCHAR, is_custom BOOLEAN, value VARCHAR
);

-- what a fingerprint was made of, so that a difference can be named
CREATE TABLE ingredient (execution_id BIGINT, name VARCHAR, value VARCHAR);

-- small payloads of fixed columns, copied when an artifact is committed
CREATE TABLE payload_statistics (
    artifact_id BIGINT, split VARCHAR, feature VARCHAR, type VARCHAR, statistic VARCHAR,
    value DOUBLE
);
CREATE TABLE payload_anomalies (
    artifact_id BIGINT, split VARCHAR, feature VARCHAR, severity VARCHAR, type VARCHAR,
    short_description VARCHAR, description VARCHAR
);
CREATE TABLE payload_metrics (
    artifact_id BIGINT, model VARCHAR, slice VARCHAR, metric VARCHAR, value DOUBLE, lower DOUBLE,
    upper DOUBLE
);
CREATE TABLE payload_validations (
    artifact_id BIGINT, slice VARCHAR, metric VARCHAR, threshold VARCHAR, value DOUBLE,
    baseline DOUBLE, passed BOOLEAN, message VARCHAR
);
CREATE TABLE payload_trials (
    artifact_id BIGINT, trial BIGINT, state VARCHAR, score DOUBLE, parameters VARCHAR
);
CREATE TABLE payload_curves (artifact_id BIGINT, step BIGINT, metric VARCHAR, value DOUBLE);
