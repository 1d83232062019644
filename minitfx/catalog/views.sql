-- Views named after the questions. A uri below the catalog's own pipeline root is kept relative to
-- it, so that a project can be moved; `catalog_root` is set by whoever opens the catalog.

CREATE MACRO full_uri(root, uri) AS
CASE WHEN uri LIKE './%'
     THEN coalesce(nullif(root, ''), getvariable('catalog_root')) || substr(uri, 2)
     ELSE uri END;

CREATE MACRO prop(artifact, property) AS (
    SELECT p.value FROM artifact_property p
    WHERE p.artifact_id = artifact AND p.name = property LIMIT 1
);

CREATE VIEW runs AS
SELECT run_id, pipeline_name, state, started_at, seconds, parameters, base_run_id, root
FROM run;

CREATE VIEW nodes AS
SELECT run_id, node_id, id AS execution_id, state, cause, started_at, seconds, error, type,
       pipeline_name, fingerprint, cached_from
FROM execution;

CREATE VIEW artifacts AS
SELECT a.id AS artifact_id, a.type, full_uri(a.root, a.uri) AS uri, a.state, a.digest,
       e.run_id, e.node_id, a.output_key, a.created_at, a.name, a.bytes, a.is_external,
       a.execution_id
FROM artifact a LEFT JOIN execution e ON e.id = a.execution_id;

CREATE VIEW properties AS
SELECT artifact_id, name, is_custom, value FROM artifact_property;

CREATE VIEW parameters AS
SELECT execution_id, name, value FROM execution_property;

-- one row per artifact that an execution read or made, in every run that it was part of
CREATE VIEW events AS
SELECT v.execution_id, v.artifact_id, v.type, v.key, v.position, e.run_id, e.node_id, e.state
FROM event v JOIN execution e ON e.id = v.execution_id;

-- one step of lineage: which artifact was made from which
CREATE VIEW derivations AS
SELECT DISTINCT o.artifact_id AS artifact_id, i.artifact_id AS source_id, o.execution_id,
       i.key AS input_key
FROM event o JOIN event i ON i.execution_id = o.execution_id
JOIN artifact a ON a.id = o.artifact_id AND a.execution_id = o.execution_id
WHERE o.type = 'OUTPUT' AND i.type = 'INPUT';

-- every model with the examples that it was trained on, its verdicts and its pushes
CREATE VIEW models AS
SELECT m.id AS model_id, full_uri(m.root, m.uri) AS uri, m.digest, m.created_at,
       e.run_id, e.node_id,
       (SELECT list(DISTINCT i.artifact_id ORDER BY i.artifact_id)
        FROM event i JOIN artifact x ON x.id = i.artifact_id
        WHERE i.execution_id = e.id AND i.type = 'INPUT' AND x.type = 'Examples') AS examples_ids,
       (SELECT bool_or(b.value = '1') FROM artifact_property c
        JOIN artifact_property b ON b.artifact_id = c.artifact_id AND b.name = 'blessed'
        WHERE c.name = 'current_model_id' AND c.value = m.id::VARCHAR) AS blessed,
       EXISTS (SELECT 1 FROM event i JOIN event o ON o.execution_id = i.execution_id
               JOIN artifact_property p ON p.artifact_id = o.artifact_id
               WHERE i.artifact_id = m.id AND i.type = 'INPUT' AND o.type = 'OUTPUT'
                 AND p.name = 'pushed' AND p.value = '1') AS pushed
FROM artifact m JOIN execution e ON e.id = m.execution_id
WHERE m.type = 'Model';

-- every push, newest last, with the model and the examples behind it
CREATE VIEW pushes AS
SELECT e.run_id, e.node_id, e.id AS execution_id, a.id AS pushed_model_id,
       coalesce(prop(a.id, 'pushed') = '1', false) AS pushed,
       json_extract_string(prop(a.id, 'pushed_destination'), '$') AS destination,
       json_extract_string(prop(a.id, 'pushed_version'), '$') AS version,
       json_extract_string(prop(a.id, 'reason'), '$') AS reason,
       m.model_id, m.examples_ids, e.started_at AS pushed_at
FROM artifact a JOIN execution e ON e.id = a.execution_id
LEFT JOIN event i ON i.execution_id = e.id AND i.type = 'INPUT' AND i.key = 'model'
LEFT JOIN models m ON m.model_id = i.artifact_id
WHERE a.type = 'PushedModel'
ORDER BY e.id;

-- how often each fingerprint served
CREATE VIEW cache AS
SELECT c.fingerprint, c.node_id, c.id AS execution_id, c.run_id,
       count(h.id) AS hits, max(h.started_at) AS last_hit
FROM execution c LEFT JOIN execution h ON h.cached_from = c.id
WHERE c.state = 'COMPLETE' AND c.fingerprint IS NOT NULL
GROUP BY ALL;

CREATE VIEW types AS SELECT kind, name FROM type;
CREATE VIEW contexts AS SELECT id AS context_id, type, name FROM context;

-- the small payloads, in every run in which their artifact came out, new or from the cache
CREATE VIEW payloads AS
SELECT v.artifact_id, e.run_id, e.node_id
FROM event v JOIN execution e ON e.id = v.execution_id
WHERE v.type = 'OUTPUT';

CREATE VIEW statistics AS
SELECT o.run_id, o.node_id, p.* FROM payload_statistics p JOIN payloads o USING (artifact_id);

CREATE VIEW anomalies AS
SELECT o.run_id, o.node_id, p.* FROM payload_anomalies p JOIN payloads o USING (artifact_id);

CREATE VIEW trials AS
SELECT o.run_id, o.node_id, p.* FROM payload_trials p JOIN payloads o USING (artifact_id);

-- what trainings logged step by step
CREATE VIEW curves AS
SELECT o.run_id, o.node_id, p.* FROM payload_curves p JOIN payloads o USING (artifact_id);

CREATE VIEW evaluated AS
SELECT a.id AS artifact_id, i.artifact_id AS model_id, i.key
FROM artifact a JOIN event i ON i.execution_id = a.execution_id AND i.type = 'INPUT'
JOIN artifact m ON m.id = i.artifact_id AND m.type = 'Model';

-- model_id is the evaluated Model artifact; a baseline's metrics stand under the baseline's id
CREATE VIEW metrics AS
SELECT o.run_id, o.node_id, p.artifact_id, m.model_id, p.slice, p.metric, p.value, p.lower, p.upper
FROM payload_metrics p JOIN payloads o USING (artifact_id)
LEFT JOIN evaluated m ON m.artifact_id = p.artifact_id
    AND m.key = CASE WHEN p.model = 'baseline' THEN 'baseline_model' ELSE 'model' END
WHERE p.model <> 'diff';

CREATE VIEW metric_changes AS
SELECT o.run_id, o.node_id, p.artifact_id, m.model_id, p.slice, p.metric, p.value, p.lower, p.upper
FROM payload_metrics p JOIN payloads o USING (artifact_id)
LEFT JOIN evaluated m ON m.artifact_id = p.artifact_id AND m.key = 'model'
WHERE p.model = 'diff';

CREATE VIEW validations AS
SELECT o.run_id, o.node_id, p.artifact_id, m.model_id, p.slice, p.metric, p.threshold, p.value,
       p.baseline, p.passed, p.message
FROM payload_validations p JOIN payloads o USING (artifact_id)
LEFT JOIN evaluated m ON m.artifact_id = p.artifact_id AND m.key = 'model';
