-- SPDX-License-Identifier: Apache-2.0
-- The event that a task was launched for: what its containers get of it.

CREATE TABLE task_payload (
	task TEXT NOT NULL PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
	id TEXT NOT NULL,
	source TEXT NOT NULL,
	type TEXT NOT NULL,         -- its detail-type
	time TEXT NOT NULL,         -- as the envelope says it
	bus TEXT NOT NULL,
	rule TEXT NOT NULL,         -- "": none
	body TEXT NOT NULL          -- the envelope
);

-- Whether there is one, so that a launch without asks for none.
ALTER TABLE task ADD COLUMN has_event INTEGER NOT NULL DEFAULT 0;
