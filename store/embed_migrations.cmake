# SPDX-License-Identifier: Apache-2.0
# Writes a C file with the text of every migration: FOLDER/<schema>/NNNN_name.sql
# in the order of their numbers, which must be 1, 2, 3, ... without a gap (the
# number is the schema's version). Run by CMake with FOLDER and OUTPUT.
set(code "/* Made from store/migrations: do not edit. */\n#include \"store/migrations.h\"\n\n")
foreach(schema state logs)
	file(GLOB files ${FOLDER}/${schema}/*.sql)
	list(SORT files)
	set(number 0)
	set(rows "")
	foreach(file IN LISTS files)
		math(EXPR number "${number} + 1")
		get_filename_component(name ${file} NAME)
		string(REGEX MATCH "^[0-9]+" digits ${name})
		math(EXPR found "1${digits} - 10000")
		if(NOT found EQUAL number)
			message(FATAL_ERROR "${file}: expected migration number ${number}")
		endif()
		file(READ ${file} bytes HEX)
		string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
		string(REGEX REPLACE "(................................................................................)"
			"\\1\n\t" bytes "${bytes}")
		string(APPEND code
			"static const char ${schema}_${number}[] = {\n\t${bytes}0x00};\n\n")
		string(APPEND rows "\t{\"${name}\", ${schema}_${number}},\n")
	endforeach()
	string(APPEND code "static const struct migration ${schema}_rows[] = {\n${rows}};\n")
	string(APPEND code "const struct migrations migrations_${schema} = {${schema}_rows, ${number}};\n\n")
endforeach()
file(WRITE ${OUTPUT} "${code}")
