-- SPDX-License-Identifier: Apache-2.0
-- The first schema of the state: accounts and keys, clusters, task definitions,
-- tags, tasks. Types are words that SQLite and PostgreSQL both know; times are
-- wall milliseconds, 0 for "not yet". Each index says which question it answers:
-- a listing or a search must not grow with the number of stopped tasks.

CREATE TABLE account (
	id TEXT NOT NULL PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	created_ms BIGINT NOT NULL
);

CREATE TABLE access_key (
	id TEXT NOT NULL PRIMARY KEY,
	secret TEXT NOT NULL,
	account TEXT NOT NULL REFERENCES account (id),
	user_name TEXT NOT NULL,
	active INTEGER NOT NULL,
	created_ms BIGINT NOT NULL
);
CREATE INDEX access_key_by_account ON access_key (account, created_ms, id);

CREATE TABLE cluster (
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	active INTEGER NOT NULL,
	settings_json TEXT NOT NULL,
	configuration_json TEXT,
	providers_json TEXT NOT NULL,
	strategy_json TEXT NOT NULL,
	connect_json TEXT,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (account, name)
);
CREATE INDEX cluster_active ON cluster (account, name) WHERE active = 1;

-- One row a family, kept for ever: last_revision is why a number is never used twice.
CREATE TABLE definition_family (
	account TEXT NOT NULL,
	family TEXT NOT NULL,
	last_revision BIGINT NOT NULL,
	active BIGINT NOT NULL, -- revisions that are ACTIVE
	total BIGINT NOT NULL,  -- revisions that exist
	PRIMARY KEY (account, family)
);
CREATE INDEX definition_family_active ON definition_family (account, family) WHERE active > 0;
CREATE INDEX definition_family_inactive ON definition_family (account, family)
	WHERE active = 0 AND total > 0;

CREATE TABLE definition (
	account TEXT NOT NULL,
	family TEXT NOT NULL,
	revision BIGINT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS')),
	body_json TEXT NOT NULL,
	registered_by TEXT NOT NULL,
	registered_ms BIGINT NOT NULL,
	deregistered_ms BIGINT NOT NULL,
	delete_requested_ms BIGINT NOT NULL,
	PRIMARY KEY (account, family, revision)
);
CREATE INDEX definition_by_status ON definition (account, status, family, revision);
CREATE INDEX definition_deleting ON definition (delete_requested_ms)
	WHERE status = 'DELETE_IN_PROGRESS';

-- account and resource are parts of the ARN, so that what is removed for good takes
-- its tags along without knowing the region that it was named with.
CREATE TABLE tag (
	arn TEXT NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	account TEXT NOT NULL,
	resource TEXT NOT NULL,
	PRIMARY KEY (arn, key)
);
CREATE INDEX tag_by_resource ON tag (account, resource);

CREATE TABLE task (
	id TEXT NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	cluster TEXT NOT NULL,
	family TEXT NOT NULL,
	revision BIGINT NOT NULL,
	group_name TEXT NOT NULL,
	started_by TEXT NOT NULL,
	launch_type TEXT NOT NULL,
	capacity_provider TEXT NOT NULL,
	platform_version TEXT NOT NULL,
	cpu_units BIGINT NOT NULL,
	memory_mib BIGINT NOT NULL,
	storage_gib BIGINT NOT NULL,
	exec_enabled INTEGER NOT NULL,
	subnet TEXT NOT NULL,
	groups_json TEXT NOT NULL,
	public_ip INTEGER NOT NULL,
	zone TEXT NOT NULL,
	overrides_json TEXT NOT NULL,
	spec_json TEXT NOT NULL,
	client_token TEXT NOT NULL,
	attachment_id TEXT NOT NULL,
	network_interface_id TEXT NOT NULL,
	subnet_id TEXT NOT NULL,

	state TEXT NOT NULL CHECK (state IN ('PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING',
		'DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED')),
	want_stopped INTEGER NOT NULL,
	version BIGINT NOT NULL,
	stop_code TEXT NOT NULL,
	stopped_reason TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	connectivity_ms BIGINT NOT NULL,
	pull_started_ms BIGINT NOT NULL,
	pull_stopped_ms BIGINT NOT NULL,
	started_ms BIGINT NOT NULL,
	stopping_ms BIGINT NOT NULL,
	execution_stopped_ms BIGINT NOT NULL,
	stopped_ms BIGINT NOT NULL,

	address TEXT NOT NULL,
	mac TEXT NOT NULL,
	machine TEXT NOT NULL,
	agent_seq BIGINT NOT NULL
);
-- ListTasks: newest first, one index a filter.
CREATE INDEX task_listed ON task (account, cluster, want_stopped, created_ms, id);
CREATE INDEX task_listed_by_family
	ON task (account, cluster, want_stopped, family, created_ms, id);
CREATE INDEX task_listed_by_group
	ON task (account, cluster, want_stopped, group_name, created_ms, id);
CREATE INDEX task_listed_by_starter
	ON task (account, cluster, want_stopped, started_by, created_ms, id)
	WHERE started_by <> '';
-- Nearly all are FARGATE: only a search for another type needs an index.
CREATE INDEX task_listed_by_launch_type
	ON task (account, cluster, want_stopped, launch_type, created_ms, id)
	WHERE launch_type <> 'FARGATE';
-- The provisioner's work, a cluster's counts, a definition's users: what is not finished.
CREATE INDEX task_unfinished ON task (created_ms, id) WHERE state <> 'STOPPED';
CREATE INDEX task_unfinished_in_cluster ON task (account, cluster, state)
	WHERE state <> 'STOPPED';
CREATE INDEX task_unfinished_of_definition ON task (account, family, revision)
	WHERE state <> 'STOPPED';
-- An address is held by one task until that is STOPPED: the database itself refuses a second.
CREATE UNIQUE INDEX task_address ON task (subnet, address)
	WHERE state <> 'STOPPED' AND address <> '';

CREATE TABLE task_container (
	task TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	name TEXT NOT NULL,
	image TEXT NOT NULL,
	arn_id TEXT NOT NULL,
	essential INTEGER NOT NULL,
	cpu BIGINT NOT NULL,
	memory BIGINT NOT NULL,
	memory_reservation BIGINT NOT NULL,
	image_digest TEXT NOT NULL,
	runtime_id TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('PENDING', 'RUNNING', 'STOPPED')),
	exit_code BIGINT, -- NULL: it never ran to an end
	reason TEXT NOT NULL,
	PRIMARY KEY (task, position)
);

CREATE TABLE task_phase (
	task TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	wall_us BIGINT NOT NULL,
	PRIMARY KEY (task, name)
);

-- One row, raised with whatever a provisioner must look at.
CREATE TABLE task_mark (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	value BIGINT NOT NULL
);
INSERT INTO task_mark (id, value) VALUES (1, 1);

CREATE TABLE run_token (
	account TEXT NOT NULL,
	cluster TEXT NOT NULL,
	token TEXT NOT NULL,
	request TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (account, cluster, token)
);
CREATE INDEX run_token_by_age ON run_token (created_ms);

CREATE TABLE run_token_task (
	account TEXT NOT NULL,
	cluster TEXT NOT NULL,
	token TEXT NOT NULL,
	position INTEGER NOT NULL,
	task TEXT NOT NULL,
	PRIMARY KEY (account, cluster, token, position),
	FOREIGN KEY (account, cluster, token)
		REFERENCES run_token (account, cluster, token) ON DELETE CASCADE
);
