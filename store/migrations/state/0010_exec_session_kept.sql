-- SPDX-License-Identifier: Apache-2.0
-- The record of a command outlives its task, which may be forgotten.

CREATE TABLE exec_session_kept (
	id TEXT NOT NULL PRIMARY KEY,
	task TEXT NOT NULL,
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
INSERT INTO exec_session_kept
	SELECT id, task, container, command, account, access_key, token_hash, created_ms, opened_ms,
		begun_ms, ended_ms, exit_code, reason FROM exec_session;
DROP TABLE exec_session;
ALTER TABLE exec_session_kept RENAME TO exec_session;
CREATE INDEX exec_session_by_task ON exec_session (task);
