# SPDX-License-Identifier: Apache-2.0
# The flow with a hypervisor, a network and images in memory.
add_library(flow_rig STATIC ${CMAKE_SOURCE_DIR}/tests/support/agent_fake.c
	${CMAKE_SOURCE_DIR}/tests/support/machine_fake.c
	${CMAKE_SOURCE_DIR}/tests/support/network_fake.c
	${CMAKE_SOURCE_DIR}/tests/support/flow_rig.c)
target_link_libraries(flow_rig PUBLIC core store wire image Threads::Threads)

foreach(module exec_door flow flow_containers forget host_memory metering output pool spot)
	slipway_test(provisioner ${module} flow flow_rig flow billing)
endforeach()
foreach(module image_index image_mirror image_open image_store env_file event_order launch_times log_order machine_life options process_usage task_env_files reconcile
		reserve share storage supervision task_metadata task_order task_secrets user_pool)
	slipway_test(provisioner ${module} flow)
endforeach()
slipway_fuzzer(env_file flow)
# It is the other end of the channel itself.
slipway_test(provisioner session flow)
# Commits are points at which the test may end the process.
slipway_test_parts(provisioner flow_faults "calls;calls_of_pool;kills;two_kills;kills_of_pool"
	flow flow_rig flow billing)
target_link_options(test_provisioner_flow_faults PRIVATE -Wl,--wrap=db_commit)

# The shipped configuration is what the program prints.
add_test(NAME provisioner/shipped_configuration
	COMMAND sh -c "$<TARGET_FILE:slipway-provisioner> --print-config | cmp - conf/provisioner.conf"
	WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
