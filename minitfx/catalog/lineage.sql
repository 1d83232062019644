-- Lineage. Whoever reads makes these macros anew: DuckDB forgets that a part is MATERIALIZED when
-- it keeps a macro in a file.
-- Whoever made an artifact has its id, without the last three digits. Each artifact is met once, at
-- its least depth: all ways to it at once would be many more.
CREATE OR REPLACE MACRO lineage_up(start) AS TABLE
WITH RECURSIVE up(artifact_id, depth) USING KEY (artifact_id) AS (
    SELECT start::BIGINT, 0
    UNION
    SELECT i.artifact_id, min(up.depth) + 1
    FROM up JOIN event i ON i.execution_id = up.artifact_id // 1000 AND i.type = 'INPUT'
    WHERE NOT EXISTS (FROM recurring.up met WHERE met.artifact_id = i.artifact_id)
    GROUP BY i.artifact_id
)
SELECT a.artifact_id, a.type, up.depth, a.uri, a.run_id, a.node_id, a.output_key, a.digest, a.state
FROM up JOIN artifacts a ON a.artifact_id = up.artifact_id
ORDER BY up.depth, a.artifact_id;

CREATE OR REPLACE MACRO lineage_down(start) AS TABLE
WITH RECURSIVE made AS MATERIALIZED (
    SELECT i.artifact_id AS source_id, o.artifact_id
    FROM event i JOIN event o ON o.execution_id = i.execution_id
    WHERE i.type = 'INPUT' AND o.type = 'OUTPUT' AND o.artifact_id // 1000 = o.execution_id
), down(artifact_id, depth) USING KEY (artifact_id) AS (
    SELECT start::BIGINT, 0
    UNION
    SELECT made.artifact_id, min(down.depth) + 1
    FROM down JOIN made ON made.source_id = down.artifact_id
    WHERE NOT EXISTS (FROM recurring.down met WHERE met.artifact_id = made.artifact_id)
    GROUP BY made.artifact_id
)
SELECT a.artifact_id, a.type, down.depth, a.uri, a.run_id, a.node_id, a.output_key, a.digest,
       a.state
FROM down JOIN artifacts a ON a.artifact_id = down.artifact_id
ORDER BY down.depth, a.artifact_id;
