-- SPDX-License-Identifier: Apache-2.0
-- What tasks held, for billing: one row a task and meter, opened with the start of the
-- pull and closed with the end of the task, each in the transaction of that move. The rows do
-- not point at the task's row, because a bill outlives it.

CREATE TABLE usage (
	task TEXT NOT NULL,
	meter TEXT NOT NULL CHECK (meter IN ('VCPU', 'MEMORY', 'STORAGE')),
	quantity BIGINT NOT NULL,           -- thousandths of a vCPU; MiB; GiB above the free ones
	account TEXT NOT NULL,
	cluster TEXT NOT NULL,
	family TEXT NOT NULL,
	started_ms BIGINT NOT NULL,         -- wall time: a label only
	boot_id TEXT NOT NULL,              -- of the host, as the boot times are
	started_boot_ns BIGINT NOT NULL,
	checkpoint_boot_ns BIGINT NOT NULL, -- when it was last known to hold
	ended_ms BIGINT NOT NULL,           -- 0: it still holds
	seconds BIGINT NOT NULL,            -- rounded up, without any minimum; 0 while it holds
	reason TEXT NOT NULL,               -- why it ended: the task's stop code
	estimated INTEGER NOT NULL,         -- 1: the end is the last checkpoint
	PRIMARY KEY (task, meter)
);
CREATE INDEX usage_by_start ON usage (started_ms, task, meter);
CREATE INDEX usage_by_account ON usage (account, started_ms, task, meter);
CREATE INDEX usage_open ON usage (task) WHERE ended_ms = 0;
