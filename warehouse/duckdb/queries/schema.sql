CREATE TABLE schema_version (version INTEGER);
CREATE TABLE checkpoint (deployment VARCHAR, system_id VARCHAR, timeline INTEGER, slot VARCHAR, lsn UBIGINT, committed_at TIMESTAMP, snapshot_lsn UBIGINT, shift UBIGINT, epoch INTEGER);
-- The mirrored tables that have been filled: one that comes with a later version of the program has not.
CREATE TABLE copied (name VARCHAR);
-- Columns that have come to tables that had been filled, and whose values have not.
CREATE TABLE awaited (name VARCHAR, "column" VARCHAR);
-- What the pipeline keeps to know the server by.
CREATE TABLE mark (name VARCHAR, text VARCHAR);
CREATE TABLE pipeline_status (status VARCHAR);
CREATE TABLE lag_sample (at TIMESTAMP, lag_seconds DOUBLE, lag_bytes BIGINT, retained_bytes BIGINT);

-- Changes that cannot be kept, as they came. Letters are settled, never deleted, so that it stays known what was missing.
CREATE TABLE dead_letter (
  id BIGINT, commit_lsn UBIGINT, record_lsn UBIGINT, seq UINTEGER, commit_at TIMESTAMP, op UTINYINT,
  "table" VARCHAR, key VARCHAR, "column" VARCHAR, reason VARCHAR, raw BLOB, relation BLOB, noted_at TIMESTAMP, state VARCHAR, settled_at TIMESTAMP
);

-- Rows of the history's log that take back earlier ones: deletes, truncates, repairs, and updates, which history should not have.
CREATE TABLE opportunity_history_undone (opportunity_id UUID, version BIGINT, _op UTINYINT, _lsn UBIGINT, _seq UINTEGER);

-- One row per row of history with the state before it. back_* is what the won or lost stage was entered with, on the
-- row that leaves it again.
CREATE TABLE opportunity_move (
  opportunity_id UUID, seq BIGINT, connection_id UUID, vendor_org_id UUID, partner_org_id UUID,
  effective_at TIMESTAMP, recorded_at TIMESTAMP, process_id UUID,
  stage_id UUID, stage_type VARCHAR, stage_position BIGINT, vendor_net_amount DECIMAL(18,2), currency VARCHAR, region VARCHAR, tier VARCHAR,
  prev_stage_id UUID, prev_stage_type VARCHAR, prev_stage_position BIGINT, prev_amount DECIMAL(18,2),
  back_amount DECIMAL(18,2), back_currency VARCHAR, back_region VARCHAR, back_tier VARCHAR, back_stage_id UUID
);

-- One row per opportunity. position is that of the last stage of type active or won, furthest the largest it ever had;
-- closed_* is what the present closed stage was entered with.
CREATE TABLE opportunity_wide (
  opportunity_id UUID, connection_id UUID, vendor_org_id UUID, partner_org_id UUID, process_id UUID,
  created_at TIMESTAMP, created_region VARCHAR, created_tier VARCHAR,
  stage_id UUID, stage_type VARCHAR, stage_position BIGINT, vendor_net_amount DECIMAL(18,2), currency VARCHAR, region VARCHAR, tier VARCHAR,
  last_effective_at TIMESTAMP, last_recorded_at TIMESTAMP, last_seq BIGINT,
  position BIGINT, furthest BIGINT,
  closed_at TIMESTAMP, closed_amount DECIMAL(18,2), closed_currency VARCHAR, closed_region VARCHAR, closed_tier VARCHAR, closed_stage_id UUID
);

-- One row per active stage that an opportunity has entered: first entry, last exit, and whether it is there now.
-- As a list in the wide row it would be unnested with every funnel, which takes twenty times as long.
CREATE TABLE opportunity_stay (
  opportunity_id UUID, vendor_org_id UUID, partner_org_id UUID, process_id UUID, currency VARCHAR, created_at TIMESTAMP, created_region VARCHAR, created_tier VARCHAR,
  last_effective_at TIMESTAMP, position BIGINT, entered_at TIMESTAMP, left_at TIMESTAMP, open BOOLEAN
);
