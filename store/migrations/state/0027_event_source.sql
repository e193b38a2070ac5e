-- SPDX-License-Identifier: Apache-2.0
-- How the sources of events are, as slipway-relay has found them: a row each, written anew when it
-- starts.
CREATE TABLE event_source (
	name TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	account TEXT NOT NULL,      -- its id; or its name as configured, while there is none
	state TEXT NOT NULL,        -- STARTS, READS or WAITS
	since_ms BIGINT NOT NULL,   -- when it came into this state
	tries BIGINT NOT NULL,      -- that have failed since then
	reason TEXT NOT NULL        -- why it waits, and what helps
);
