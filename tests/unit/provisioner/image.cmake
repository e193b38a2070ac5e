# SPDX-License-Identifier: Apache-2.0
slipway_test(provisioner image_reference image)
slipway_test(provisioner image_answer image)
foreach(module image_manifest image_tree image_fault image_challenge image_unpack)
	slipway_test(provisioner ${module} image_worker)
endforeach()
add_executable(image_flatten_tool ${CMAKE_CURRENT_SOURCE_DIR}/image_flatten_tool.c)
target_link_libraries(image_flatten_tool PRIVATE image_worker)
add_test(NAME provisioner/image_layers
	COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/image_layers.py
		$<TARGET_FILE:image_flatten_tool>)
set_tests_properties(provisioner/image_layers PROPERTIES TIMEOUT 300)
slipway_fuzzer(image_reference image)
slipway_fuzzer(image_manifest image_worker)
slipway_fuzzer(image_layer image_worker)
slipway_fuzzer(image_unpack image_worker)
slipway_fuzzer(image_challenge image_worker)
target_link_libraries(test_provisioner_image_unpack PRIVATE z)
