# SPDX-License-Identifier: Apache-2.0
# The API behind the protocols: the road, the operations, and what they share.
# Whoever links it brings auth_check() (gateway/auth.h).
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
file(GLOB api_operations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/gateway/op/*/*.c)
file(GLOB api_nouns CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/gateway/ce/*.c
	${CMAKE_SOURCE_DIR}/gateway/ecs/*.c
	${CMAKE_SOURCE_DIR}/gateway/events/*.c
	${CMAKE_SOURCE_DIR}/gateway/logs/*.c ${CMAKE_SOURCE_DIR}/gateway/scheduler/*.c
	${CMAKE_SOURCE_DIR}/gateway/secretsmanager/*.c
	${CMAKE_SOURCE_DIR}/gateway/ssm/*.c)
add_library(api STATIC
	${CMAKE_SOURCE_DIR}/gateway/api.c
	${CMAKE_SOURCE_DIR}/gateway/api_answer.c
	${CMAKE_SOURCE_DIR}/gateway/api_event.c
	${CMAKE_SOURCE_DIR}/gateway/api_event_sender.c
	${CMAKE_SOURCE_DIR}/gateway/api_keys.c
	${CMAKE_SOURCE_DIR}/gateway/api_table.c
	${CMAKE_SOURCE_DIR}/gateway/api_write.c
	${CMAKE_SOURCE_DIR}/gateway/billing_state.c
	${CMAKE_SOURCE_DIR}/gateway/call.c
	${CMAKE_SOURCE_DIR}/gateway/json_memory.c
	${CMAKE_SOURCE_DIR}/gateway/json_out.c
	${CMAKE_SOURCE_DIR}/gateway/page_token.c
	${CMAKE_SOURCE_DIR}/gateway/query_form.c
	${CMAKE_SOURCE_DIR}/gateway/rest.c
	${api_nouns} ${api_operations})
target_link_libraries(api PRIVATE gateway_metrics billing core events line_pattern store PkgConfig::JANSSON Threads::Threads m)
