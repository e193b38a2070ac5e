-- SPDX-License-Identifier: Apache-2.0
-- What machines really used, beside what their tasks held: recorded, and on no bill. Rows
-- outlive their tasks, as the ledger does.

-- One row a machine that a task had (mostly one). Times are of the boot clock, with its boot;
-- counts begin when the task got the machine. What nobody could count is 0.
CREATE TABLE machine_account (
	task TEXT NOT NULL,
	machine TEXT NOT NULL,               -- its name, which is never used again
	boot_id TEXT NOT NULL,
	pid BIGINT NOT NULL,                 -- of its process; 0: on another host
	process_start_ns BIGINT NOT NULL,    -- of a machine that waited: long before the task
	taken_ns BIGINT NOT NULL,            -- the task has it from here on
	ended_ns BIGINT NOT NULL,            -- its process ended; 0: it runs, or nobody saw it
	vcpus BIGINT NOT NULL,               -- as configured
	memory_mib BIGINT NOT NULL,          -- what the guest shall see
	sampled_ns BIGINT NOT NULL,          -- when the host counted last; 0: never
	waited_cpu_ns BIGINT NOT NULL,       -- counted before the task had the machine, and in no
	waited_memory_peak_bytes BIGINT NOT NULL, -- count of the host's below but the peak
	waited_read_bytes BIGINT NOT NULL,
	waited_write_bytes BIGINT NOT NULL,
	waited_receive_bytes BIGINT NOT NULL,
	waited_transmit_bytes BIGINT NOT NULL,
	host_cpu_ns BIGINT NOT NULL,
	host_memory_peak_bytes BIGINT NOT NULL, -- resident; of the whole life of the process
	host_read_bytes BIGINT NOT NULL,     -- from and to the host's disks
	host_write_bytes BIGINT NOT NULL,
	host_receive_bytes BIGINT NOT NULL,  -- by the machine's network card
	host_transmit_bytes BIGINT NOT NULL,
	guest_cpu_ns BIGINT NOT NULL,        -- what the guest says of its containers: bounded by
	guest_memory_peak_bytes BIGINT NOT NULL, -- what its machine can do, and believed no further
	guest_read_bytes BIGINT NOT NULL,
	guest_write_bytes BIGINT NOT NULL,
	guest_receive_bytes BIGINT NOT NULL,
	guest_transmit_bytes BIGINT NOT NULL,
	PRIMARY KEY (task, machine)
);

-- What the rows of forgotten tasks said of what they held: copied when they went, by who knows
-- nothing of the meter. Only of tasks whose pull had begun.
CREATE TABLE task_kept (
	id TEXT NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	pull_started_ms BIGINT NOT NULL,     -- wall time
	stopped_ms BIGINT NOT NULL,
	cpu_units BIGINT NOT NULL,
	memory_mib BIGINT NOT NULL,
	storage_gib BIGINT NOT NULL,
	stop_code TEXT NOT NULL
);
