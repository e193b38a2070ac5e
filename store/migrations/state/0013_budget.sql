-- SPDX-License-Identifier: Apache-2.0
-- What accounts may hold and spend (store/quota.h, store/budget.h). Numbers are integers; times
-- end in _ms or _s.

-- What an account may hold at once, where that is not the gateway's default (NULL); 0: no limit.
CREATE TABLE quota (
	account TEXT NOT NULL PRIMARY KEY REFERENCES account (id),
	tasks BIGINT,
	vcpus BIGINT,
	memory_bytes BIGINT,
	launches BIGINT,                     -- tasks a second
	burst BIGINT                         -- tasks at once, after a rest
);

-- What an account's unfinished tasks hold: written with each task's first and last row, so that
-- a launch counts nothing. And its bucket of launches: thousandths of a task that were left at
-- a time (0: never used, so full).
CREATE TABLE account_use (
	account TEXT NOT NULL PRIMARY KEY,
	tasks BIGINT NOT NULL,
	cpu_units BIGINT NOT NULL,
	memory_mib BIGINT NOT NULL,
	launch_milli BIGINT NOT NULL,
	launch_ms BIGINT NOT NULL            -- wall time
);
INSERT INTO account_use (account, tasks, cpu_units, memory_mib, launch_milli, launch_ms)
	SELECT account, COUNT(*), SUM(cpu_units), SUM(memory_mib), 0, 0
	FROM task WHERE state <> 'STOPPED' GROUP BY account;

-- What may be spent: the operator's words, and behind them how it stands in a period.
CREATE TABLE budget (
	account TEXT NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	cluster TEXT NOT NULL,               -- "": any
	family TEXT NOT NULL,                -- "": any
	tag_key TEXT NOT NULL,               -- "": any
	tag_value TEXT NOT NULL,
	amount_nano BIGINT NOT NULL,
	period TEXT NOT NULL,                -- "day", "month", "all"
	percents TEXT NOT NULL,              -- "80,100": each is an event, once a period
	refuse INTEGER NOT NULL,             -- 1: launches, once it is spent
	stop INTEGER NOT NULL,               -- 1: tasks too
	changed_ms BIGINT NOT NULL,          -- since when it is so: never the same twice

	from_s BIGINT NOT NULL,              -- the period that all below is of
	until_s BIGINT NOT NULL,
	counted_nano BIGINT NOT NULL,        -- what its closed charges cost,
	counted_position BIGINT NOT NULL,    -- up to this record of the ledger,
	basis TEXT NOT NULL,                 -- by these prices and invoices (a digest)
	notified_percent BIGINT NOT NULL,    -- the highest that an event was made of
	spent INTEGER NOT NULL,              -- 1: its amount is reached
	PRIMARY KEY (account, name)
);
