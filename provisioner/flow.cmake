# SPDX-License-Identifier: Apache-2.0
# The flow of tasks. It calls machine.h and network.h and links neither hypervisor
# nor packet filter: the program joins it with them, tests join it with fakes.
add_library(flow STATIC admission.c adopt.c checkpoint.c exec_agent.c exec_door.c exec_record.c
	budget_watch.c facts.c facts_report.c flow.c forget.c
	host_memory.c image_index.c image_mirror.c image_open.c image_store.c instance.c launch.c
	launch_secrets.c launch_times.c machine_life.c machine_plan.c machine_watch.c options.c output.c env_file.c event_order.c pool.c
	pool_blank.c process_usage.c reconcile.c reserve.c run.c share.c share_place.c runtime_id.c sample.c session.c spot.c status.c storage.c
	supervision.c sweep.c task_metadata.c task_mounts.c task_order.c task_role.c
	task_env_files.c task_secrets.c teardown.c template_store.c tidy.c user_pool.c watch.c writer.c
	log_order.c log_router.c router_config.c)
target_link_libraries(flow PUBLIC core store wire image PRIVATE billing)

add_executable(slipway-provisioner main.c program.c accel.c)
target_link_libraries(slipway-provisioner PRIVATE flow machine flow)
add_executable(slipway-share share_main.c share_place.c)
target_link_libraries(slipway-share PRIVATE core)
install(TARGETS slipway-provisioner slipway-share RUNTIME DESTINATION bin)
