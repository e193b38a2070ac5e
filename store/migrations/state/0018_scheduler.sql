-- SPDX-License-Identifier: Apache-2.0
-- EventBridge Scheduler: schedules in their groups. The group "default" of each account exists
-- without a row.

CREATE TABLE schedule_group (
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (account, name)
);

CREATE TABLE schedule (
	account TEXT NOT NULL,
	group_name TEXT NOT NULL,
	name TEXT NOT NULL,
	expression TEXT NOT NULL,
	zone TEXT NOT NULL,         -- an IANA name
	start_ms BIGINT NOT NULL,   -- 0: none
	end_ms BIGINT NOT NULL,     -- 0: none
	window_min BIGINT NOT NULL, -- of a flexible window; 0: none
	enabled INTEGER NOT NULL,
	delete_after INTEGER NOT NULL, -- it goes with its last time
	description TEXT NOT NULL,
	target TEXT NOT NULL,       -- JSON as given
	target_arn TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	modified_ms BIGINT NOT NULL,
	due_ms BIGINT NOT NULL,     -- its next time; 0: none
	fire_ms BIGINT NOT NULL,    -- the moment for that: the same, or its place in the window
	PRIMARY KEY (account, group_name, name)
);
CREATE INDEX schedule_due ON schedule (fire_ms) WHERE fire_ms > 0;

-- Client tokens of calls that were answered, for a day: the same call again has the same answer.
CREATE TABLE schedule_token (
	account TEXT NOT NULL,
	token TEXT NOT NULL,
	call TEXT NOT NULL,         -- digest of what was asked
	used_ms BIGINT NOT NULL,
	PRIMARY KEY (account, token)
);
CREATE INDEX schedule_token_old ON schedule_token (used_ms);
