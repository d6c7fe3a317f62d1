# Applies a patch to copies of the files that it touches, where the build calls this file as a script:
#   cmake -DPATCH=corpora/mutants/NAME.patch -DSOURCE=repository -DCOPIES=folder -P apply_patch.cmake
# COPIES/engine/store.cc is then the repository's engine/store.cc with the patch. A patch that does not apply exactly where
# its context stands fails, and is named: applied somewhere near, it could plant another defect than it tells of.

# The files of the repository that a patch changes or adds, as COPIES will have them: engine/store.cc
function(files_of_patch patch result)
  file(STRINGS ${patch} lines REGEX "^\\+\\+\\+ ")
  set(files)
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^\\+\\+\\+ b/([a-z0-9_/]+\\.(h|cc))$")
      message(FATAL_ERROR "${patch}: expected a changed or added .h or .cc, found: ${line}")
    endif()
    list(APPEND files ${CMAKE_MATCH_1})
  endforeach()
  if(NOT files)
    message(FATAL_ERROR "${patch}: changes no file")
  endif()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  return()  # included, for the function above
endif()

files_of_patch(${PATCH} files)
file(REMOVE_RECURSE ${COPIES})
foreach(file IN LISTS files)
  get_filename_component(folder ${COPIES}/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  if(EXISTS ${SOURCE}/${file})
    configure_file(${SOURCE}/${file} ${COPIES}/${file} COPYONLY)
  endif()
endforeach()
execute_process(COMMAND patch --strip=1 --fuzz=0 --forward --batch --no-backup-if-mismatch --reject-file=- --input=${PATCH}
                WORKING_DIRECTORY ${COPIES} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(failed)
  get_filename_component(name ${PATCH} NAME)
  message(FATAL_ERROR "${name} does not apply\n${output}\nci/mutants --refresh may help, with ${PATCH}")
endif()
