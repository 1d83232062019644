-- Lineage. Whoever reads makes these macros anew: DuckDB forgets that a part is MATERIALIZED when
-- it keeps a macro in a file.
-- Whoever made an artifact has its id, without the last three digits. Each artifact is met once, at
-- its least depth: all ways to it at once would be many more. UNION leaves out a row that equals an
-- earlier one, so the depth must not count: `hops` is so many months less as many times 30 days,
-- which is equal to no time at all. (USING KEY says it in words; but DuckDB up to 1.5 then copies
-- all that it has for every 2,048 rows that it finds, which takes three times as long.)
CREATE OR REPLACE MACRO lineage_up(start) AS TABLE
WITH RECURSIVE used AS MATERIALIZED (
    SELECT execution_id, artifact_id FROM event WHERE type = 'INPUT'
), up(artifact_id, hops) AS (
    SELECT start::BIGINT, INTERVAL 0 DAY
    UNION
    SELECT used.artifact_id, up.hops + INTERVAL 1 MONTH - INTERVAL 30 DAY
    FROM up JOIN used ON used.execution_id = up.artifact_id // 1000
    GROUP BY ALL
)
SELECT a.artifact_id, a.type, 12 * year(up.hops) + month(up.hops) AS depth, a.uri, a.run_id,
       a.node_id, a.output_key, a.digest, a.state
FROM up JOIN artifacts a ON a.artifact_id = up.artifact_id
ORDER BY depth, a.artifact_id;

CREATE OR REPLACE MACRO lineage_down(start) AS TABLE
WITH RECURSIVE made AS MATERIALIZED (
    SELECT i.artifact_id AS source_id, o.id AS artifact_id
    FROM event i JOIN artifact o ON o.execution_id = i.execution_id WHERE i.type = 'INPUT'
), down(artifact_id, hops) AS (
    SELECT start::BIGINT, INTERVAL 0 DAY
    UNION
    SELECT made.artifact_id, down.hops + INTERVAL 1 MONTH - INTERVAL 30 DAY
    FROM down JOIN made ON made.source_id = down.artifact_id
    GROUP BY ALL
)
SELECT a.artifact_id, a.type, 12 * year(down.hops) + month(down.hops) AS depth, a.uri, a.run_id,
       a.node_id, a.output_key, a.digest, a.state
FROM down JOIN artifacts a ON a.artifact_id = down.artifact_id
ORDER BY depth, a.artifact_id;
