# SPDX-License-Identifier: Apache-2.0
foreach(module domain_xml kvm_probe network network_rules)
	slipway_test(provisioner ${module} machine)
endforeach()

# The real things, run by tests/e2e/machine and tests/e2e/network_isolation as root.
add_executable(machine_test ${CMAKE_SOURCE_DIR}/tests/e2e/machine_test.c
	${CMAKE_SOURCE_DIR}/tests/e2e/machine_world.c)
target_link_libraries(machine_test PRIVATE machine core Threads::Threads)
add_executable(network_tool ${CMAKE_SOURCE_DIR}/tests/e2e/network_tool.c)
target_link_libraries(network_tool PRIVATE machine core)
slipway_test(provisioner hypervisor_mend machine core)
