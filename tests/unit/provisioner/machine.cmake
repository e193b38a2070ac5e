# SPDX-License-Identifier: Apache-2.0
# The real thing, run by tests/e2e/machine (needs root, QEMU and a minute).
add_executable(machine_test ${CMAKE_SOURCE_DIR}/tests/e2e/machine_test.c)
target_link_libraries(machine_test PRIVATE machine core Threads::Threads)

add_executable(network_tool ${CMAKE_SOURCE_DIR}/tests/e2e/network_tool.c)
target_link_libraries(network_tool PRIVATE machine core)
