-- Loads that count. A writer takes a term before it writes its first row, and numbers its loads within it; a load counts
-- from the moment when its row here says so. before is where the term went on from, 0 where it began with nothing.
CREATE TABLE IF NOT EXISTS term (
  number UInt64, writer UUID, upto UInt64, before UInt64, before_upto UInt64,
  deployment String, system_id String, timeline Int64, slot String, lsn UInt64, committed_at Int64, snapshot_lsn UInt64, shift UInt64, epoch Int64
) ENGINE = ReplacingMergeTree(upto) ORDER BY (number, writer) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- Rows of a table that a later load took the place of: those of the key that came with the load "dead".
CREATE TABLE IF NOT EXISTS ended (kind LowCardinality(String), id UUID, dead UInt64, _load UInt64) ENGINE = MergeTree ORDER BY (kind, _load) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- The mirrored tables that have been filled: one that comes with a later version of the program has not.
CREATE TABLE IF NOT EXISTS copied (name String, _load UInt64) ENGINE = MergeTree ORDER BY name SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- Columns that have come to tables that had been filled, and whose values had not by the load in "since"; then the loads that brought them.
CREATE TABLE IF NOT EXISTS awaited (name String, column String, since UInt64) ENGINE = MergeTree ORDER BY (name, column) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS brought (name String, column String, _load UInt64) ENGINE = MergeTree ORDER BY (name, column) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- What the pipeline keeps beside the loads, by name. The largest version counts.
CREATE TABLE IF NOT EXISTS note (name String, text String, version UInt64) ENGINE = ReplacingMergeTree(version) ORDER BY name SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS lag_sample (at Int64, lag_seconds Float64, lag_bytes Int64, retained_bytes Int64) ENGINE = MergeTree ORDER BY at SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- Changes that cannot be kept, as they came. A letter that is settled is a new row with its id.
CREATE TABLE IF NOT EXISTS dead_letter (
  id Int64, commit_lsn UInt64, record_lsn UInt64, seq UInt32, commit_at Int64, op UInt8,
  table String, key String, column String, reason String, raw String, relation String, noted_at Int64, state LowCardinality(String), settled_at Int64,
  _load UInt64
) ENGINE = MergeTree ORDER BY (id, _load) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- Rows of the history's log that take back earlier ones: deletes, truncates, repairs, and updates, which history should not have.
CREATE TABLE IF NOT EXISTS opportunity_history_undone (opportunity_id UUID, version Int64, _op UInt8, _lsn UInt64, _seq UInt32, _load UInt64)
ENGINE = MergeTree ORDER BY UUIDToNum(opportunity_id) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- One row per row of history with the state before it. back_* is what the won or lost stage was entered with, on the
-- row that leaves it again. marks is for the wide row (moves.sql). Ids grow with time, so a period is found in few places.
CREATE TABLE IF NOT EXISTS opportunity_move (
  opportunity_id UUID, seq Int64, connection_id Nullable(UUID), vendor_org_id Nullable(UUID), partner_org_id Nullable(UUID),
  effective_at Int64, recorded_at Int64, process_id Nullable(UUID),
  stage_id Nullable(UUID), stage_type LowCardinality(Nullable(String)), stage_position Nullable(Int64), vendor_net_amount Nullable(Decimal(18, 2)),
  currency LowCardinality(Nullable(String)), region LowCardinality(Nullable(String)), tier LowCardinality(Nullable(String)),
  prev_stage_id Nullable(UUID), prev_stage_type LowCardinality(Nullable(String)), prev_stage_position Nullable(Int64), prev_amount Nullable(Decimal(18, 2)),
  back_amount Nullable(Decimal(18, 2)), back_currency LowCardinality(Nullable(String)), back_region LowCardinality(Nullable(String)), back_tier LowCardinality(Nullable(String)), back_stage_id Nullable(UUID),
  marks UInt8, _load UInt64, INDEX loads _load TYPE minmax, INDEX period effective_at TYPE minmax
) ENGINE = MergeTree ORDER BY UUIDToNum(opportunity_id) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- One row per opportunity. position is that of the last stage of type active or won, furthest the largest it ever had, and
-- closed_* is what the present closed stage was entered with.
CREATE TABLE IF NOT EXISTS opportunity_wide (
  opportunity_id UUID, connection_id Nullable(UUID), vendor_org_id Nullable(UUID), partner_org_id Nullable(UUID), process_id Nullable(UUID),
  created_at Int64, created_region LowCardinality(Nullable(String)), created_tier LowCardinality(Nullable(String)),
  stage_id Nullable(UUID), stage_type LowCardinality(Nullable(String)), stage_position Nullable(Int64), vendor_net_amount Nullable(Decimal(18, 2)),
  currency LowCardinality(Nullable(String)), region LowCardinality(Nullable(String)), tier LowCardinality(Nullable(String)),
  last_effective_at Int64, last_recorded_at Int64, last_seq Int64,
  position Nullable(Int64), furthest Nullable(Int64),
  closed_at Nullable(Int64), closed_amount Nullable(Decimal(18, 2)), closed_currency LowCardinality(Nullable(String)), closed_region LowCardinality(Nullable(String)),
  closed_tier LowCardinality(Nullable(String)), closed_stage_id Nullable(UUID),
  _load UInt64, INDEX loads _load TYPE minmax, INDEX period created_at TYPE minmax
) ENGINE = MergeTree ORDER BY UUIDToNum(opportunity_id) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;


-- One row per active stage that an opportunity has entered: first entry, last exit, and whether it is there now. They come and
-- go with the wide row.
CREATE TABLE IF NOT EXISTS opportunity_stay (
  opportunity_id UUID, vendor_org_id Nullable(UUID), partner_org_id Nullable(UUID), process_id Nullable(UUID), currency LowCardinality(Nullable(String)),
  created_at Int64, created_region LowCardinality(Nullable(String)), created_tier LowCardinality(Nullable(String)),
  last_effective_at Int64, position Int64, entered_at Nullable(Int64), left_at Nullable(Int64), open Bool,
  _load UInt64, INDEX period created_at TYPE minmax
) ENGINE = MergeTree ORDER BY UUIDToNum(opportunity_id) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS organisation_log (`id` UUID, `name` Nullable(String), `country_code` LowCardinality(Nullable(String)), `created_at` Nullable(Int64), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (_lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS organisation (`id` UUID, `name` Nullable(String), `country_code` LowCardinality(Nullable(String)), `created_at` Nullable(Int64), _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY UUIDToNum(`id`) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS connection_log (`id` UUID, `vendor_org_id` Nullable(UUID), `partner_org_id` Nullable(UUID), `status` LowCardinality(Nullable(String)), `partner_number` Nullable(String), `tier` LowCardinality(Nullable(String)), `region` LowCardinality(Nullable(String)), `created_at` Nullable(Int64), `updated_at` Nullable(Int64), `ended_at` Nullable(Int64), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (_lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS connection (`id` UUID, `vendor_org_id` Nullable(UUID), `partner_org_id` Nullable(UUID), `status` LowCardinality(Nullable(String)), `partner_number` Nullable(String), `tier` LowCardinality(Nullable(String)), `region` LowCardinality(Nullable(String)), `created_at` Nullable(Int64), `updated_at` Nullable(Int64), `ended_at` Nullable(Int64), _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY UUIDToNum(`id`) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS product_log (`id` UUID, `org_id` Nullable(UUID), `name` Nullable(String), `family` LowCardinality(Nullable(String)), `list_price` Nullable(Decimal(18, 2)), `currency` LowCardinality(Nullable(String)), `active` Nullable(Bool), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (_lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS product (`id` UUID, `org_id` Nullable(UUID), `name` Nullable(String), `family` LowCardinality(Nullable(String)), `list_price` Nullable(Decimal(18, 2)), `currency` LowCardinality(Nullable(String)), `active` Nullable(Bool), _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY UUIDToNum(`id`) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS sales_process_log (`id` UUID, `org_id` Nullable(UUID), `name` Nullable(String), `version` Nullable(Int64), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (_lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS sales_process (`id` UUID, `org_id` Nullable(UUID), `name` Nullable(String), `version` Nullable(Int64), _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY UUIDToNum(`id`) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS stage_log (`id` UUID, `org_id` Nullable(UUID), `process_id` Nullable(UUID), `name` Nullable(String), `position` Nullable(Int64), `type` LowCardinality(Nullable(String)), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (_lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS stage (`id` UUID, `org_id` Nullable(UUID), `process_id` Nullable(UUID), `name` Nullable(String), `position` Nullable(Int64), `type` LowCardinality(Nullable(String)), _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY UUIDToNum(`id`) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS account_log (`id` UUID, `org_id` Nullable(UUID), `industry` LowCardinality(Nullable(String)), `country` LowCardinality(Nullable(String)), `created_at` Nullable(Int64), `updated_at` Nullable(Int64), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (_lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS account (`id` UUID, `org_id` Nullable(UUID), `industry` LowCardinality(Nullable(String)), `country` LowCardinality(Nullable(String)), `created_at` Nullable(Int64), `updated_at` Nullable(Int64), _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY UUIDToNum(`id`) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS opportunity_log (`id` UUID, `connection_id` Nullable(UUID), `vendor_org_id` Nullable(UUID), `partner_org_id` Nullable(UUID), `number` Nullable(Int64), `vendor_account_id` Nullable(UUID), `owner_contact_id` Nullable(UUID), `owner_membership_id` Nullable(UUID), `process_id` Nullable(UUID), `stage_id` Nullable(UUID), `stage_type` LowCardinality(Nullable(String)), `vendor_net_amount` Nullable(Decimal(18, 2)), `amount_source` LowCardinality(Nullable(String)), `currency` LowCardinality(Nullable(String)), `close_date` Nullable(Int32), `region` LowCardinality(Nullable(String)), `tier` LowCardinality(Nullable(String)), `closed_at` Nullable(Int64), `record_type_id` Nullable(UUID), `frozen_at` Nullable(Int64), `version` Nullable(Int64), `created_at` Nullable(Int64), `updated_at` Nullable(Int64), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (_lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS opportunity (`id` UUID, `connection_id` Nullable(UUID), `vendor_org_id` Nullable(UUID), `partner_org_id` Nullable(UUID), `number` Nullable(Int64), `vendor_account_id` Nullable(UUID), `owner_contact_id` Nullable(UUID), `owner_membership_id` Nullable(UUID), `process_id` Nullable(UUID), `stage_id` Nullable(UUID), `stage_type` LowCardinality(Nullable(String)), `vendor_net_amount` Nullable(Decimal(18, 2)), `amount_source` LowCardinality(Nullable(String)), `currency` LowCardinality(Nullable(String)), `close_date` Nullable(Int32), `region` LowCardinality(Nullable(String)), `tier` LowCardinality(Nullable(String)), `closed_at` Nullable(Int64), `record_type_id` Nullable(UUID), `frozen_at` Nullable(Int64), `version` Nullable(Int64), `created_at` Nullable(Int64), `updated_at` Nullable(Int64), _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY UUIDToNum(`id`) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS opportunity_line_log (`id` UUID, `opportunity_id` Nullable(UUID), `connection_id` Nullable(UUID), `vendor_org_id` Nullable(UUID), `partner_org_id` Nullable(UUID), `product_id` Nullable(UUID), `quantity` Nullable(Decimal(18, 4)), `unit_price` Nullable(Decimal(18, 2)), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (_lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS opportunity_line (`id` UUID, `opportunity_id` Nullable(UUID), `connection_id` Nullable(UUID), `vendor_org_id` Nullable(UUID), `partner_org_id` Nullable(UUID), `product_id` Nullable(UUID), `quantity` Nullable(Decimal(18, 4)), `unit_price` Nullable(Decimal(18, 2)), _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY UUIDToNum(`id`) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS opportunity_history_log (`opportunity_id` UUID, `version` Int64, `seq` Nullable(Int64), `connection_id` Nullable(UUID), `vendor_org_id` Nullable(UUID), `partner_org_id` Nullable(UUID), `effective_at` Nullable(Int64), `recorded_at` Nullable(Int64), `imported` Nullable(Bool), `change` LowCardinality(Nullable(String)), `process_id` Nullable(UUID), `process_version` Nullable(Int64), `stage_id` Nullable(UUID), `stage_type` LowCardinality(Nullable(String)), `stage_position` Nullable(Int64), `vendor_net_amount` Nullable(Decimal(18, 2)), `currency` LowCardinality(Nullable(String)), `close_date` Nullable(Int32), `owner_contact_id` Nullable(UUID), `region` LowCardinality(Nullable(String)), `tier` LowCardinality(Nullable(String)), _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY (UUIDToNum(`opportunity_id`), _lsn, _seq) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
