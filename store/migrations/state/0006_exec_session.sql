-- SPDX-License-Identifier: Apache-2.0
-- Who ran which command in which container (ExecuteCommand): written when it is asked for,
-- opened by who has the token, once, and ended with why.

CREATE TABLE exec_session (
	id TEXT NOT NULL PRIMARY KEY,
	task TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
	container INTEGER NOT NULL,         -- position
	command TEXT NOT NULL,
	account TEXT NOT NULL,
	access_key TEXT NOT NULL,           -- whose signature asked for it
	token_hash TEXT NOT NULL,           -- SHA-256 of the token, as hex
	created_ms BIGINT NOT NULL,
	opened_ms BIGINT NOT NULL,          -- 0: the token was not used yet
	begun_ms BIGINT NOT NULL,           -- 0: the command was not started yet
	ended_ms BIGINT NOT NULL,           -- 0: it has not ended
	exit_code INTEGER NOT NULL,
	reason TEXT NOT NULL                -- why it ended; '' when the command ended by itself
);
CREATE INDEX exec_session_by_task ON exec_session (task);
