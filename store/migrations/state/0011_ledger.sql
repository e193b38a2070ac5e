-- SPDX-License-Identifier: Apache-2.0
-- The ledger (billing/ledger.h): what tasks held, in records that are only ever added. Numbers are
-- integers; each record carries the hash of itself and of all before it. No row points
-- at a task's row, because a bill outlives it.

-- Who held: one row a task, made with its first record and part of that record's hash.
CREATE TABLE ledger_task (
	number INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3, ... in the order of the first records
	task TEXT NOT NULL UNIQUE,
	account TEXT NOT NULL,
	cluster TEXT NOT NULL,
	family TEXT NOT NULL,
	revision BIGINT NOT NULL,
	group_name TEXT NOT NULL,            -- "family:NAME", "service:NAME"
	started_by TEXT NOT NULL,            -- "" or what RunTask said
	architecture TEXT NOT NULL,          -- "X86_64", "ARM64"
	spot INTEGER NOT NULL,
	tags_json TEXT NOT NULL              -- at the start; keys sorted
);

CREATE TABLE ledger (
	position INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3, ... without a gap
	task BIGINT NOT NULL,                -- ledger_task.number; 0: of no task
	meter INTEGER NOT NULL,              -- enum meter; 0 for a record of no task
	sequence BIGINT NOT NULL,            -- of this task and meter: 0, 1, 2, ...
	kind INTEGER NOT NULL,               -- enum ledger_kind
	quantity BIGINT NOT NULL,            -- thousandths of a vCPU; MiB; GiB above the free ones
	started_ms BIGINT NOT NULL,          -- wall time: a label only
	duration_ns BIGINT NOT NULL,         -- by the boot clock; 0 in an opening record
	seconds BIGINT NOT NULL,             -- the same, rounded up
	ended_ms BIGINT NOT NULL,            -- started_ms, whole seconds, and seconds on top
	estimated INTEGER NOT NULL,          -- 1: the end is the last checkpoint
	reason TEXT NOT NULL,                -- of a close its stop code, of others the operator's words
	tags_json TEXT,                      -- of a close: where they had changed since the start
	written_ms BIGINT NOT NULL,          -- wall time
	hash BLOB NOT NULL,                  -- SHA-256
	UNIQUE (task, meter, sequence)
);
-- What reaches into a period: charges that ended behind its begin.
CREATE INDEX ledger_by_end ON ledger (ended_ms) WHERE kind = 2;
CREATE INDEX ledger_corrections ON ledger (task) WHERE kind = 3;

-- Where the ledger ends; broken_position is not 0 once it was found damaged, and nothing
-- is added then until an operator has decided.
CREATE TABLE ledger_head (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	position BIGINT NOT NULL,
	hash BLOB NOT NULL,
	broken_position BIGINT NOT NULL,
	broken_why TEXT NOT NULL
);
INSERT INTO ledger_head (id, position, hash, broken_position, broken_why)
	VALUES (1, 0, zeroblob(32), 0, '');

-- Meters that run, and what of them waits because the ledger takes nothing.
CREATE TABLE meter_running (
	task BIGINT NOT NULL PRIMARY KEY,    -- ledger_task.number
	boot_id TEXT NOT NULL,               -- of the host, as the boot times are
	started_boot_ns BIGINT NOT NULL,
	gone_boot_ns BIGINT NOT NULL,        -- when its machine ended; 0: it holds still
	started_ms BIGINT NOT NULL,
	vcpu_milli BIGINT NOT NULL,
	memory_mib BIGINT NOT NULL,
	storage_gib BIGINT NOT NULL,
	opened INTEGER NOT NULL,             -- 0: its opening records are yet to be added
	closed INTEGER NOT NULL,             -- 1: the closing ones are, with what follows
	duration_ns BIGINT NOT NULL,
	estimated INTEGER NOT NULL,
	reason TEXT NOT NULL,
	tags_json TEXT
);

-- Until when all meters of a host that run were seen to: one row a boot of a host.
CREATE TABLE meter_checkpoint (
	boot_id TEXT NOT NULL PRIMARY KEY,
	boot_ns BIGINT NOT NULL
);

-- Months that were closed, an account each: what was invoiced, from which records, at which prices.
CREATE TABLE invoice (
	id TEXT NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	month TEXT NOT NULL,                 -- "2026-11"
	ledger_position BIGINT NOT NULL,     -- the head at that time,
	ledger_hash BLOB NOT NULL,           -- which covers all that the month is made of
	prices TEXT NOT NULL,                -- the price list, as it was read
	currency TEXT NOT NULL,
	total_nano BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	UNIQUE (account, month)
);

-- What the meter wrote before there was a ledger: taken over by the first program that meters.
ALTER TABLE usage RENAME TO usage_before_ledger;
