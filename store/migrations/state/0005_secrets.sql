-- SPDX-License-Identifier: Apache-2.0
-- Parameters (SSM) and secrets (Secrets Manager). Values lie here sealed (core/seal.h), with
-- a key that is not in this database.

CREATE TABLE parameter (
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	type TEXT NOT NULL CHECK (type IN ('String', 'StringList', 'SecureString')),
	description TEXT NOT NULL,
	data_type TEXT NOT NULL,
	tier TEXT NOT NULL,
	key_id TEXT NOT NULL,
	version BIGINT NOT NULL, -- the newest
	PRIMARY KEY (account, name)
);

CREATE TABLE parameter_version (
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	version BIGINT NOT NULL,
	sealed BLOB NOT NULL,
	modified_ms BIGINT NOT NULL,
	modified_by TEXT NOT NULL,
	PRIMARY KEY (account, name, version),
	FOREIGN KEY (account, name) REFERENCES parameter (account, name) ON DELETE CASCADE
);

CREATE TABLE secret (
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	suffix TEXT NOT NULL, -- six characters behind the name in the ARN
	description TEXT NOT NULL,
	key_id TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	changed_ms BIGINT NOT NULL,
	deleted_ms BIGINT NOT NULL, -- 0: it is not to be deleted
	purge_ms BIGINT NOT NULL,   -- when it goes for good; 0: never
	PRIMARY KEY (account, name)
);
CREATE INDEX secret_to_purge ON secret (purge_ms) WHERE purge_ms > 0;

CREATE TABLE secret_version (
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	version TEXT NOT NULL,
	is_binary INTEGER NOT NULL, -- the value is bytes, in base 64
	sealed BLOB NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (account, name, version),
	FOREIGN KEY (account, name) REFERENCES secret (account, name) ON DELETE CASCADE
);

CREATE TABLE secret_stage (
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	stage TEXT NOT NULL, -- AWSCURRENT, AWSPREVIOUS, or a user's own
	version TEXT NOT NULL,
	PRIMARY KEY (account, name, stage),
	FOREIGN KEY (account, name, version)
		REFERENCES secret_version (account, name, version) ON DELETE CASCADE
);
CREATE INDEX secret_stage_by_version ON secret_stage (account, name, version);
