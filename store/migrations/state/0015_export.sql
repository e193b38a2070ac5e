-- SPDX-License-Identifier: Apache-2.0
-- How far each export of usage has come (store/export_cursor.h): everything up to these positions
-- was delivered.
CREATE TABLE export_cursor (
	name TEXT NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,               -- id, or "" for all
	position BIGINT NOT NULL,            -- in the ledger
	event_position BIGINT NOT NULL,      -- in the outbox of events
	moved_ms BIGINT NOT NULL             -- wall time
);
