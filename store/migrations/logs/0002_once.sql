-- SPDX-License-Identifier: Apache-2.0
-- Deliveries of events that have been written here: who is killed before it notes that elsewhere
-- does not write them again.
CREATE TABLE log_once (
	key TEXT NOT NULL PRIMARY KEY,
	written_ms BIGINT NOT NULL
);
CREATE INDEX log_once_old ON log_once (written_ms);
