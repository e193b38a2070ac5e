/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/server.h"

#include "core/clock.h"

bool server_may_log(struct server *server)
{
	int64_t second = clock_boot_ns() / 1000000000;

	if (second != server->log_second) {
		server->log_second = second;
		server->log_lines = 0;
	}
	return server->log_lines++ < SERVER_LOG_LINES;
}
